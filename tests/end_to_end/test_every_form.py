"""A federation whose hospitals keep their data in different systems, each a real one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import tomli_w

from shared.contract import Contract
from shared.records import Records
from simulations.demo.commands import Services, free_port, run_command
from simulations.demo.federation import without_dashboard
from simulations.fixture_hospitals.fhir import write_fhir
from simulations.fixture_hospitals.flat_files import (
    plain_mapping,
    write_parquet,
    write_spanish_csv,
)
from simulations.fixture_hospitals.omop import write_omop
from tests.conftest import learnable_records
from tests.end_to_end.conftest import join
from tests.postgresql import new_database, program, running_postgresql
from tests.s3 import CREDENTIALS, Storage, running_s3

pytestmark = pytest.mark.end_to_end

HOSPITALS = {"bundles": 90, "common": 80, "hoja": 70, "clouds": 60}
RUN = """
seed = 1
models = ["boosted_trees"]
compare_alone = false
[boosted_trees]
rounds = 2
trees_per_round = 2
"""


@pytest.fixture
def patients(contract: Contract) -> dict[str, Records]:
    """FHIR and OMOP keep a day of birth, so ages are whole years."""
    found = {}
    for seed, (name, rows) in enumerate(HOSPITALS.items()):
        records = learnable_records(contract, rows, seed)
        for column in ("age", "major_vessels"):
            records.table[column] = np.floor(records.table[column])
        found[name] = records
    return found


@pytest.fixture
def storage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Storage]:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    with running_s3() as running:
        yield running


@pytest.fixture
def database() -> Iterator[str]:
    if program("initdb") is None:
        pytest.skip("PostgreSQL is not installed")
    with running_postgresql() as server:
        yield new_database(server)


def parquet_on_s3(records: Records, folder: Path, storage: Storage) -> Path:
    mapping = write_parquet(records, folder)
    for part in sorted((folder / "export").iterdir()):
        storage.put(f"export/{part.name}", part.read_bytes())
    source = {
        "kind": "parquet",
        "path": f"s3://{storage.bucket}/export",
        "storage": {"endpoint_url": storage.endpoint},
    }
    mapping.write_text(tomli_w.dumps(plain_mapping(source)))
    return mapping


def test_four_hospitals_with_four_systems_train_together(
    tmp_path: Path, patients: dict[str, Records], storage: Storage, database: str
) -> None:
    folders = {name: tmp_path / "data" / name for name in HOSPITALS}
    mappings = {
        "bundles": write_fhir(patients["bundles"], folders["bundles"]),
        "common": write_omop(patients["common"], folders["common"], database),
        "hoja": write_spanish_csv(patients["hoja"], folders["hoja"]),
        "clouds": parquet_on_s3(patients["clouds"], folders["clouds"], storage),
    }
    home, settings = tmp_path / "coordinator", tmp_path / "run.toml"
    settings.write_text(RUN)
    address = f"127.0.0.1:{free_port()}"
    run_command(
        *("coordinator", "init", str(home), "--name", "test", "--address", address),
        *("--contract", "heart_disease"),
    )
    without_dashboard(home)
    with Services(tmp_path / "logs") as services:
        services.start("coordinator", "coordinator", "serve", "--home", str(home))
        services.wait_until_said("coordinator", "is ready")
        for name, mapping in mappings.items():
            node = join(tmp_path, name, mapping)
            services.start(name, "node", "serve", "--home", str(node))
        for name in HOSPITALS:
            services.wait_until_said(name, "is connected")
        output = run_command(
            *("coordinator", "train", "--home", str(home), "--settings", str(settings), "--json")
        )
    result = json.loads(output.splitlines()[-1])
    assert result["status"] == "completed"
    rows = {each["name"]: each["rows"] for each in result["hospitals"]}
    assert rows == HOSPITALS
    assert result["models"]["boosted_trees"]["federated"]["overall"]["group"]["auc"] > 0.6
