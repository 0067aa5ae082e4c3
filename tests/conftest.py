"""Contracts and records that tests of every package share."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from shared.contract import Contract, load_contract
from shared.records import Records, records_from_columns

REPOSITORY = Path(__file__).parent.parent
SHARED_DATA = REPOSITORY.parent / "shared" / "data"


@pytest.fixture(scope="session")
def heart_data() -> Path:
    """The folder of the four heart hospitals; tests that need it are skipped where it is absent."""
    folder = SHARED_DATA / "heart"
    if not folder.is_dir():
        pytest.skip(f"the heart data are not at {folder}")
    return folder


@pytest.fixture(scope="session")
def contract() -> Contract:
    return load_contract("heart_disease")


def random_records(contract: Contract, rows: int, seed: int, missing: float = 0.2) -> Records:
    """Draw records of any contract; labels depend on the first numeric feature a little."""
    generator = np.random.default_rng(seed)
    terms = ["HP:0001166", "HP:0001519", "HP:0000545", "HP:0001250", "HP:0000098", "HP:0001083"]
    columns: dict[str, list[object]] = {}
    for name, feature in contract.features.items():
        if feature.kind == "numeric":
            values = generator.uniform(feature.minimum, feature.maximum, rows).tolist()
        elif feature.kind == "flag":
            values = generator.integers(0, 2, rows).tolist()
        elif feature.kind == "categorical":
            values = generator.choice([value.code for value in feature.codes], rows).tolist()
        elif feature.kind == "terms":
            values = [
                tuple(generator.choice(terms, generator.integers(1, 4), replace=False))
                for _ in range(rows)
            ]
        else:
            values = ["some words of a note"] * rows
        absent = generator.random(rows) < missing
        columns[name] = [
            None if gone else value for gone, value in zip(absent, values, strict=True)
        ]
    labels = generator.choice(list(contract.classes), rows).tolist()
    return records_from_columns(contract, columns, labels)


def learnable_records(contract: Contract, rows: int, seed: int) -> Records:
    """Draw heart records whose label follows from a few features, with some noise."""
    records = random_records(contract, rows, seed)
    table = records.table.copy()
    generator = np.random.default_rng(seed)
    risk = generator.normal(size=rows)
    table["age"] = np.clip(55 + 12 * risk + generator.normal(scale=4, size=rows), 20, 100)
    table["maximum_heart_rate"] = np.clip(
        150 - 20 * risk + generator.normal(scale=8, size=rows), 60, 210
    )
    grades = np.clip(np.digitize(risk, [0, 0.5, 1.0, 1.5]), 0, 4)
    labels = np.array(["none", "grade_1", "grade_2", "grade_3", "grade_4"], dtype=object)[grades]
    labels[(grades > 0) & (generator.random(rows) < 0.1)] = "disease"
    return Records(table, labels)
