"""The same patients as CSV, as an export of files, compressed, and as Bundles: the same records."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from client.sources import load_records
from shared.contract import Contract
from shared.records import Records
from simulations.fixture_hospitals.fhir import write_bundles, write_fhir
from simulations.hospitals import write_heart_hospitals
from tests.conftest import random_records

FORMS: dict[str, Callable[[Records, Path], Path]] = {
    "files": write_fhir,
    "compressed": partial(write_fhir, compressed=True),
    "bundles": write_bundles,
}


@pytest.mark.parametrize("form", FORMS)
def test_heart_hospitals(form: str, heart_data: Path, contract: Contract, tmp_path: Path) -> None:
    for hospital in write_heart_hospitals(heart_data, tmp_path):
        records = load_records(contract, hospital.mapping_path).records
        loaded = load_records(contract, FORMS[form](records, tmp_path / form / hospital.name))
        assert loaded.records.content_hash() == records.content_hash()
        assert loaded.rows_set_aside == 0


@pytest.mark.parametrize("form", FORMS)
def test_random_patients(form: str, contract: Contract, tmp_path: Path) -> None:
    records = random_records(contract, 60, seed=4)
    # An export keeps a day of birth, so whole years; counts are whole too.
    for name in ("age", "major_vessels"):
        records.table[name] = np.floor(records.table[name])
    loaded = load_records(contract, FORMS[form](records, tmp_path)).records
    assert loaded.content_hash() == records.content_hash()
