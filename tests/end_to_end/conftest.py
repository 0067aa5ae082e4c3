"""A real federation for the tests: coordinator and hospitals as processes of their own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from server.database import open_database
from server.rounds import RoundRecord
from server.run_store import RunStore
from shared.contract import Contract
from shared.records import Records
from simulations.demo.commands import Services, free_port, run_command
from simulations.demo.federation import without_dashboard
from tests.conftest import learnable_records
from tests.integration.federation_programs import heed_interrupts

HOSPITALS = {"north": 150, "south": 90, "east": 60, "west": 40}
QUICK_RUN = """
seed = 1
models = ["neural_network", "boosted_trees", "random_forest"]
answer_timeout = 180
[neural_network]
rounds = 4
[boosted_trees]
rounds = 5
trees_per_round = 1
[random_forest]
trees = 20
"""
MAPPING = """
[source]
kind = "csv"
path = "records.csv"
[label]
column = "diagnosis"
codes = {{}}
{columns}
"""


@dataclass(frozen=True)
class Federation:
    """A served federation."""

    root: Path
    services: Services

    @property
    def coordinator(self) -> Path:
        return self.root / "coordinator"

    def node(self, name: str) -> Path:
        return self.root / "nodes" / name

    def start_training(self, *options: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            command(
                "coordinator",
                "train",
                "--home",
                str(self.coordinator),
                "--json",
                "--settings",
                str(self.root / "run.toml"),
                *options,
            ),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=heed_interrupts,
        )

    def newest_rounds(self) -> tuple[str, list[RoundRecord]]:
        """Return the last run's id and its rounds so far, without a command that takes seconds."""
        engine = open_database(f"sqlite:///{self.coordinator / 'coordinator.db'}")
        try:
            store = RunStore(engine)
            run = store.all()[-1].id
            return run, store.rounds(run)
        finally:
            engine.dispose()

    def runs(self) -> list[dict[str, Any]]:
        output = run_command("coordinator", "runs", "--home", str(self.coordinator), "--json")
        found: list[dict[str, Any]] = json.loads(output)
        return found


def command(*arguments: str) -> list[str]:
    return [str(Path(sys.executable).parent / "juntos"), *arguments]


def run_anyway(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a `juntos` command that may fail."""
    environment = {**os.environ, "COLUMNS": "200"}
    return subprocess.run(
        command(*arguments), capture_output=True, text=True, check=False, env=environment
    )


def write_hospital(folder: Path, contract: Contract, records: Records) -> Path:
    """Write a hospital's CSV and mapping in the contract's own words."""
    folder.mkdir(parents=True)
    table = records.table.assign(diagnosis=records.labels)
    table.to_csv(folder / "records.csv", index=False)
    columns = []
    for name, feature in contract.features.items():
        lines = ["[[column]]", f'column = "{name}"', f'feature = "{name}"']
        if feature.kind == "numeric":
            lines.append(f'unit = "{feature.unit}"')
        if feature.kind == "flag":
            lines += ['true = ["1"]', 'false = ["0"]']
        columns.append("\n".join(lines))
    mapping = folder / "mapping.toml"
    mapping.write_text(MAPPING.format(columns="\n".join(columns)))
    return mapping


def join(root: Path, name: str, mapping: Path) -> Path:
    """Enrol and join one hospital; return its node's folder."""
    home = root / "coordinator"
    run_command("coordinator", "enrol", name, "--home", str(home))
    node = root / "nodes" / name
    kit = home / "kits" / f"{name}.kit.toml"
    # The coordinator deletes a kit that was used; the copy stands for one somebody kept.
    shutil.copyfile(kit, root / f"{name}.kept.kit.toml")
    policy = root / "policy.toml"
    policy.write_text("formal_privacy_required = false\nsmallest_cell = 1\n")
    run_command(
        *("node", "join", str(kit), "--home", str(node)),
        *("--mapping", str(mapping), "--policy", str(policy)),
    )
    return node


@pytest.fixture(scope="module")
def federation(
    tmp_path_factory: pytest.TempPathFactory, contract: Contract
) -> Iterator[Federation]:
    """A coordinator and four hospitals, joined and serving."""
    root = tmp_path_factory.mktemp("federation")
    (root / "run.toml").write_text(QUICK_RUN)
    address = f"127.0.0.1:{free_port()}"
    run_command(
        "coordinator",
        "init",
        str(root / "coordinator"),
        "--name",
        "test",
        "--address",
        address,
        "--contract",
        "heart_disease",
    )
    without_dashboard(root / "coordinator")
    with Services(root / "logs") as services:
        services.start("coordinator", "coordinator", "serve", "--home", str(root / "coordinator"))
        services.wait_until_said("coordinator", "is ready")
        for seed, (name, rows) in enumerate(HOSPITALS.items()):
            records = learnable_records(contract, rows, seed)
            mapping = write_hospital(root / "data" / name, contract, records)
            node = join(root, name, mapping)
            services.start(name, "node", "serve", "--home", str(node))
        for name in HOSPITALS:
            services.wait_until_said(name, "is connected")
        yield Federation(root, services)


def spoiled(records: Records, folder: Path, contract: Contract) -> Path:
    """Write a hospital whose CSV has one impossible age and one unknown code."""
    mapping = write_hospital(folder, contract, records)
    table = pd.read_csv(folder / "records.csv", dtype=object)
    table.loc[3, "age"] = "987"
    table.loc[5, "chest_pain"] = "sentinel_code"
    table.to_csv(folder / "records.csv", index=False)
    return mapping
