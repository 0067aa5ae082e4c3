"""Both reports say the same in both languages, and have a word for whatever they may find."""

from __future__ import annotations

from pathlib import Path
from string import Formatter
from typing import get_args

import pytest

from client.monitoring.findings import Findings
from client.monitoring.performance import ConfirmedFigures, Recall, estimate
from client.monitoring.report import write_report
from client.monitoring.settings import MonitoringSettings
from client.monitoring.tables import DriftTables, lead, points
from shared.contract import Contract
from shared.drift import compare_classes, compare_summaries, find_drift
from shared.drift.compared import Part
from shared.pages.words import Catalogue
from shared.statistics import summarise
from tests.conftest import random_records


@pytest.mark.parametrize("package", ["client.daily", "client.monitoring"])
def test_both_languages_have_the_same_texts_with_the_same_gaps(package: str) -> None:
    texts = Catalogue(package).texts
    assert set(texts["en"]) == set(texts["es"])
    for key, text in texts["en"].items():
        gaps = [
            {name for _, name, _, _ in Formatter().parse(each) if name}
            for each in (text, texts["es"][key])
        ]
        assert gaps[0] == gaps[1], key


def test_every_kind_of_comparison_has_a_name() -> None:
    known = Catalogue("client.monitoring").texts["en"]
    assert {*get_args(Part), "terms", "rest"} <= set(known)
    assert {f"answer.{part}" for part in ("classes", "scores")} <= set(known)


def findings_of(contract: Contract) -> Findings:
    """Return everything that can be found at once."""
    import numpy as np

    reference = summarise(contract, random_records(contract, 1_500, 1))
    other = random_records(contract, 300, 2)
    other.table["age"] = 30.0
    other.table["sex"] = None
    expected = np.linspace(1, 9, len(contract.leaves))
    compared = [
        *compare_summaries(contract, reference, summarise(contract, other)),
        compare_classes(contract, reference, expected * 300 / expected.sum()),
    ]
    generator = np.random.default_rng(1)
    return Findings(
        made="2026-11-25T06:30:00+00:00",
        model="run-0001/boosted_trees",
        digest="d" * 64,
        rows=300,
        first="2026-11-01T00:00:00.000000+00:00",
        last="2026-11-24T00:00:00.000000+00:00",
        reference_rows=1_500,
        reference_is_noised=True,
        least_rows=200,
        drift=find_drift(compared),
        estimate=estimate(
            generator.dirichlet([2, 1, 1], 300), generator.dirichlet([9, 1, 1], 300), 200
        ),
        confirmed=ConfirmedFigures(
            answers=300,
            confirmed=80,
            accuracy=0.6,
            low=0.5,
            high=0.7,
            recall=[
                Recall(
                    code="grade_4",
                    name="Heart disease, grade 4",
                    confirmed=60,
                    value=0.6,
                    low=0.45,
                    high=0.7,
                    least=0.5,
                    state="low",
                )
            ],
            note="",
        ),
    )


def test_a_page_with_everything_that_can_be_found(contract: Contract, tmp_path: Path) -> None:
    found = findings_of(contract)
    page = write_report(contract, found, MonitoringSettings(), "lyon <b>", tmp_path).read_text()
    say = Catalogue("client.monitoring")
    said = [lead(found, say), *points(DriftTables(contract, found, say), 0.01)]
    english = "\n".join(each.en for each in said)
    for part in ("other patients", "Age (values)", "Sex (missing)", "grade 4", "at first", "noise"):
        assert part in english, part
    assert "proportions" in english
    assert "<b>" not in page
    for each in said:
        assert "{" not in each.en + each.es
    assert (tmp_path / "tables" / "recall.csv").read_text().count("Too low") == 1
