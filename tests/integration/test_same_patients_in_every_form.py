"""The same patients in each form that hospitals keep them: the same records, row for row."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from client.sources import LoadedRecords, load_records
from server.results import comparison
from shared.contract import Contract
from shared.records import Records
from shared.run_settings import run_settings
from simulations.fixture_hospitals.fhir import write_fhir
from simulations.fixture_hospitals.flat_files import (
    plain_mapping,
    write_excel,
    write_parquet,
    write_spanish_csv,
)
from simulations.fixture_hospitals.omop import write_omop
from simulations.hospitals import write_heart_hospitals
from simulations.in_process import run_in_process
from simulations.local_files import write_mapping
from tests.conftest import learnable_records, random_records
from tests.postgresql import new_database, program, running_postgresql
from tests.s3 import CREDENTIALS, running_s3

Writer = Callable[[Records, Path], Path]
LOCAL_FORMS: dict[str, Writer] = {
    "FHIR": write_fhir,
    "OMOP in SQLite": write_omop,
    "OMOP in DuckDB": partial(write_omop, url="duckdb:///omop.duckdb"),
    "Spanish CSV": write_spanish_csv,
    "Excel": write_excel,
    "Parquet": write_parquet,
}


@pytest.fixture(scope="module")
def patients(contract: Contract) -> Records:
    """Random patients; FHIR and OMOP keep a day of birth, so ages are whole years."""
    records = random_records(contract, 80, seed=11)
    for name in ("age", "major_vessels"):
        records.table[name] = np.floor(records.table[name])
    return records


def assert_same(loaded: LoadedRecords, expected: Records) -> None:
    assert (loaded.problems, loaded.rows_set_aside) == ([], 0)
    # Converting a number to another unit and back moves its last digit.
    pd.testing.assert_frame_equal(loaded.records.table, expected.table, rtol=1e-12)
    assert loaded.records.labels.tolist() == expected.labels.tolist()


@pytest.mark.parametrize("form", LOCAL_FORMS)
def test_random_patients(form: str, contract: Contract, patients: Records, tmp_path: Path) -> None:
    assert_same(load_records(contract, LOCAL_FORMS[form](patients, tmp_path)), patients)


@pytest.mark.parametrize("form", LOCAL_FORMS)
def test_heart_hospitals(form: str, heart_data: Path, contract: Contract, tmp_path: Path) -> None:
    for hospital in write_heart_hospitals(heart_data, tmp_path):
        records = load_records(contract, hospital.mapping_path).records
        path = LOCAL_FORMS[form](records, tmp_path / "form" / hospital.name)
        assert_same(load_records(contract, path), records)


@pytest.mark.parametrize("schema", [None, "cdm"])
def test_omop_in_postgresql(
    contract: Contract, patients: Records, tmp_path: Path, schema: str | None
) -> None:
    if program("initdb") is None:
        pytest.skip("PostgreSQL is not installed")
    with running_postgresql() as server:
        path = write_omop(patients, tmp_path, new_database(server), schema)
        loaded = load_records(contract, path)
    assert_same(loaded, patients)
    assert loaded.remarks == [
        f"{loaded.source}: 1 row of observation is about nobody in the table person, and left out"
    ]


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("credentials")
def test_parquet_on_s3(contract: Contract, patients: Records, tmp_path: Path) -> None:
    write_parquet(patients, tmp_path)
    with running_s3() as storage:
        for part in sorted((tmp_path / "export").iterdir()):
            storage.put(f"export/{part.name}", part.read_bytes())
        source = {
            "kind": "parquet",
            "path": f"s3://{storage.bucket}/export",
            "storage": {"endpoint_url": storage.endpoint},
        }
        path = write_mapping(plain_mapping(source), tmp_path)
        assert_same(load_records(contract, path), patients)


@pytest.mark.usefixtures("credentials")
def test_four_hospitals_of_four_forms_train_together(contract: Contract, tmp_path: Path) -> None:
    """A run over records from four forms is the run over the records themselves."""
    settings = run_settings(
        {"models": ["boosted_trees"], "boosted_trees": {"rounds": 3, "trees_per_round": 2}}, [], ""
    )
    own = {name: learnable_records(contract, 90, seed) for seed, name in enumerate("abcd")}
    for records in own.values():
        for name in ("age", "major_vessels"):
            records.table[name] = np.floor(records.table[name])
    with running_s3() as storage:
        write_parquet(own["d"], tmp_path / "d")
        for part in sorted((tmp_path / "d" / "export").iterdir()):
            storage.put(f"d/{part.name}", part.read_bytes())
        place = {"path": f"s3://{storage.bucket}/d", "storage": {"endpoint_url": storage.endpoint}}
        paths = {
            "a": write_fhir(own["a"], tmp_path / "a"),
            "b": write_omop(own["b"], tmp_path / "b"),
            "c": write_spanish_csv(own["c"], tmp_path / "c"),
            "d": write_mapping(plain_mapping({"kind": "parquet", **place}), tmp_path / "d"),
        }
        loaded = {name: load_records(contract, path).records for name, path in paths.items()}
    found, expected = (
        comparison(run_in_process(contract, each, settings).federated, "boosted_trees")
        for each in (loaded, own)
    )
    for name in own:
        for figure in ("rows", "auc", "log_loss", "accuracy"):
            there, here = (each["by_hospital"][name][figure] for each in (found, expected))
            assert there == pytest.approx(here, rel=1e-6)
