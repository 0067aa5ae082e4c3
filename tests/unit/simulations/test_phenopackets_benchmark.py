from __future__ import annotations

from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from shared.errors import DataError, SettingsError
from simulations.benchmarks.phenopackets import run_phenopackets
from simulations.benchmarks.phenopackets_cases import read_cases
from simulations.benchmarks.phenopackets_figures import calibration_error, top
from simulations.benchmarks.phenopackets_ontology import ontology_folder
from simulations.benchmarks.phenopackets_protocol import Options, Split
from tests.unit.shared.ranking.conftest import World, world, write_cases

__all__ = ["world"]


def test_the_benchmark_from_files_to_figures(world: World) -> None:
    test = write_cases(world.table.parent / "judged.csv", 800, seed=3, absent=False)
    found = run_phenopackets(
        world.table, test, world.table.parent, Options(sites=3), Console(file=StringIO())
    )
    figures = found["leak_free"]
    assert found["shared_publications"] == 0
    assert figures["seen"]["cases"] == 24 * 9
    assert figures["unseen_annotated"]["cases"] == 2 * 9
    assert figures["seen"]["top10"] > 0.8
    assert figures["unseen_annotated"]["top10"] > 0.5
    assert abs(figures["overall"]["top1"] - figures["pooled"]["top1"]) <= 0.01
    assert figures["alone"]["cases"] == figures["overall"]["cases"]
    assert figures["alone_seen"]["top1"] <= figures["seen"]["top1"] + 0.05
    assert set(figures["private"]) == {"8", "1"}
    assert {"with_excluded", "as_published", "expected_calibration_error"} <= set(found)


def test_publications_may_not_cross(world: World) -> None:
    training = world.split.training
    with pytest.raises(DataError, match="publications"):
        Split(world.published, training, training, Options())


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("publication,observed\n1,\n", "no column excluded, disease_id"),
        ("publication,observed,excluded,disease_id\n", "no cases"),
        ("publication,observed,excluded,disease_id\n1,,,\n", "row 2: disease_id"),
        ("publication,observed,excluded,disease_id,age_years\n1,,,OMIM:1,old\n", "row 2: age"),
    ],
)
def test_a_table_that_cannot_be_used_says_where(
    world: World, tmp_path: Path, content: str, told: str
) -> None:
    path = tmp_path / "cases.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=told):
        read_cases(path, world.published.findings)


def test_a_folder_without_the_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"no hp\.obo and no phenotype\.hpoa"):
        ontology_folder(tmp_path, Console(file=StringIO()))


def test_figures_by_hand() -> None:
    ranks = np.array([0, 2, np.inf, 0])
    found = top(ranks, np.array(["a", "a", "b", "c"]))
    assert found == {
        "cases": 4,
        "top1": 0.5,
        "top3": 0.75,
        "top5": 0.75,
        "top10": 0.75,
        "macro_recall": 0.5,
    }
    error = calibration_error(np.array([0.95, 0.95, 0.15]), np.array([True, False, False]))
    assert error == pytest.approx((0.9 + 0.15) / 3)
