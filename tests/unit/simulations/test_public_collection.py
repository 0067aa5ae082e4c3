"""Published cases beside hospitals: no publication is in two places, gains are paired."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from shared.errors import DataError
from simulations.benchmarks.public_collection import (
    HOSPITALS,
    PUBLIC,
    draw,
    gains,
    read_parts,
)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    generator = np.random.default_rng(0)
    rows = 400
    cases = pd.DataFrame(
        {
            "publication": [f"PMID:{each}" for each in generator.integers(0, 60, rows)],
            "sex": generator.choice(["MALE", "FEMALE", "UNKNOWN"], rows),
            "age_years": generator.choice([3.5, 41.0, np.nan, 999.0], rows),
            "observed": generator.choice(["HP:0001250 HP:0000252", "HP:0001263", ""], rows),
            "disease_id": generator.choice(["OMIM:1", "OMIM:2", "OMIM:3"], rows),
        }
    )
    path = tmp_path / "cases.csv"
    cases.to_csv(path, index=False)
    return path


def test_a_publication_is_at_one_place_only(table: Path) -> None:
    parts = read_parts(table, seed=3)
    cases = pd.read_csv(table)
    everyone = [*parts.hospitals.values(), parts.test]
    assert sum(map(len, everyone)) == len(cases)
    assert set(parts.hospitals) == {*HOSPITALS, PUBLIC}
    held_out = set(parts.publications)
    assert all((draw(each, 3) < 0.25) == (each in held_out) for each in cases["publication"])
    assert len(parts.test) == int(cases["publication"].isin(held_out).sum())


def test_implausible_ages_and_unknown_sexes_are_missing(table: Path) -> None:
    for records in read_parts(table, seed=3).hospitals.values():
        ages = records.table["age"].dropna()
        assert set(ages) <= {3.5, 41.0}
        assert {each for each in records.table["sex"] if each is not None} <= {"male", "female"}
        assert () in set(records.table["findings"])


def test_gains_are_of_the_same_cases_and_draw_publications() -> None:
    ranks = {"hospitals": np.array([1, 3, 9, 9]), "with_public": np.array([1, 1, 1, 9])}
    publications = np.array(["a", "a", "b", "b"])
    found = gains(ranks, np.ones(4, dtype=np.bool_), publications, seed=0)
    assert found["top1"] | {"low": 0, "high": 0} == {
        "hospitals": 0.25,
        "with_public": 0.75,
        "gain": 0.5,
        "low": 0,
        "high": 0,
    }
    # Half of each publication gained: whichever are drawn, so did half.
    assert (found["top1"]["low"], found["top1"]["high"]) == (0.5, 0.5)


def test_a_table_without_publications_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "cases.csv"
    path.write_text("disease_id\nOMIM:1\n")
    with pytest.raises(DataError, match="publication"):
        read_parts(path, seed=0)
