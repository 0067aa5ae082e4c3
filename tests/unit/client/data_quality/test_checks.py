"""Everything that can be wrong is put into a clean hospital and found, and nothing else is."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from client.data_quality.checks import CHECKS, Check, find_all
from client.data_quality.finding import KINDS
from client.data_quality.texts import text_of
from shared.pages.words import LANGUAGES
from tests.unit.client.data_quality.clean_hospital import clean_table, read
from tests.unit.client.data_quality.injections import FLIPPED, INJECTIONS, Injection
from tests.unit.client.data_quality.measuring import Measured, with_models

ALL = (*INJECTIONS, FLIPPED)
# Faults that do not hide one another.
TOGETHER = {
    "a word for nothing among codes",
    "-9 for missing",
    "0 for missing",
    "missing by clinic",
    "a decimal comma",
    "an HPO term with a successor",
    "diastolic above systolic pressure",
    "a pregnant man",
    "a date in the future",
    "glucose in mmol/L",
    "records of another age",
    "a note that denies the diagnosis",
}
DOCUMENTED = Path(__file__).parents[4] / "docs" / "data-quality.md"


def test_a_clean_hospital_has_no_findings(tmp_path: Path) -> None:
    assert find_all(with_models(read(tmp_path, clean_table()))) == []


@pytest.mark.parametrize("injection", ALL, ids=[each.name for each in ALL])
def test_what_is_wrong_is_found(injection: Injection, measured: dict[str, Measured]) -> None:
    found = measured[injection.name]
    assert found.injected > 0
    assert found.found >= injection.recall * found.injected
    assert found.false <= injection.false_alarms


@pytest.mark.parametrize("injection", ALL, ids=[each.name for each in ALL])
def test_hardly_anything_else_is_said(injection: Injection, measured: dict[str, Measured]) -> None:
    elsewhere = measured[injection.name].elsewhere
    assert len(elsewhere) <= 1
    assert sum(each.count for each in elsewhere) <= measured[injection.name].injected


def test_every_kind_of_finding_is_injected() -> None:
    assert {each.kind for each in ALL} == set(KINDS)


def test_the_documentation_has_the_measured_table(measured: dict[str, Measured]) -> None:
    text = DOCUMENTED.read_text(encoding="utf-8")
    absent = [each.line for each in measured.values() if each.line not in text]
    assert not absent, "\n".join(absent)


def degenerate_tables() -> dict[str, pd.DataFrame]:
    clean = clean_table()
    empty = clean.copy()
    empty[[each for each in clean.columns if each not in ("id", "dx")]] = ""
    same = clean.copy()
    same.loc[:, [each for each in clean.columns if each != "id"]] = clean.loc[
        0, [each for each in clean.columns if each != "id"]
    ].to_numpy()
    nonsense = clean.head(30).copy()
    nonsense[:] = "\u00e9?<"
    return {
        "one row": clean.head(1),
        "three rows": clean.head(3),
        "nothing recorded": empty,
        "all alike": same,
        "nonsense": nonsense,
        "no diagnosis": clean.assign(dx=""),
        "one class": clean[clean["dx"] == "Z00"].reset_index(drop=True),
    }


@pytest.mark.parametrize("name", list(degenerate_tables()))
def test_every_check_takes_every_table(name: str, tmp_path: Path) -> None:
    rows = read(tmp_path, degenerate_tables()[name])
    for check in CHECKS:
        for finding in check(rows):
            assert finding.rows
            assert set(finding.rows) <= set(rows.rows.tolist())
            assert 0 < finding.share <= 1
            assert text_of(finding)


# Which of two rows is the earlier one, and what is a run, is in the order.
UNORDERED = [
    check
    for check in CHECKS
    if check.__name__ not in ("missing_blocks", "exact_duplicates", "near_duplicates")
]


@pytest.mark.parametrize("check", UNORDERED, ids=[each.__name__ for each in UNORDERED])
def test_the_order_of_rows_changes_nothing_but_their_numbers(check: Check, tmp_path: Path) -> None:
    table = clean_table()
    for injection in INJECTIONS:
        if injection.name in TOGETHER:
            injection.inject(table, np.random.default_rng(3))
    order = np.random.default_rng(5).permutation(len(table))
    straight = read(tmp_path, table)
    mixed = read(tmp_path, table.iloc[order].reset_index(drop=True))
    back = dict(zip(mixed.rows.tolist(), straight.rows[order].tolist(), strict=True))

    def kinds(findings: Iterable[object]) -> list[str]:
        return sorted(map(repr, findings))

    first = kinds((each.kind, each.column, sorted(each.rows)) for each in check(straight))
    second = kinds(
        (each.kind, each.column, sorted(back[row] for row in each.rows)) for each in check(mixed)
    )
    assert first == second


def test_no_text_holds_what_was_found(measured: dict[str, Measured], tmp_path: Path) -> None:
    table = clean_table()
    table.loc[3, "temp"] = "63.87"
    table.loc[4, "chol"] = "Garcia1957"
    table.loc[5, "smokes"] = "Garcia1957"
    table.loc[6, "dx"] = "Garcia1957"
    table.loc[7, "visited"] = "Garcia1957"
    findings = find_all(read(tmp_path, table))
    assert len(findings) == 5
    for finding in findings:
        said = text_of(finding)
        for words in (said.what, said.why, said.action, said.question):
            for language in LANGUAGES:
                assert "Garcia" not in words.of(language)
                assert "63.87" not in words.of(language)
