"""Runs in folds leave at each hospital what shared models say of rows that they never saw."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from flwr.clientapp import ClientApp

from client.app import create_client_app
from client.data_quality.asking_models import ask_models
from client.data_quality.checks.diagnoses import suspicious_diagnoses
from client.data_quality.kept_probabilities import read_kept
from client.data_quality.out_of_fold import held_out_positions
from client.data_quality.reading_rows import read_rows
from client.hospital import Hospital, LocalRecords
from client.sources import LoadedRecords, load_records
from client.training.local_models import probabilities
from server.federation_result import FederationResult
from shared.contract import Contract, load_contract
from shared.run_settings import RunSettings, run_settings
from shared.session.in_process import AppFactory, InProcessGrid, SimulatedHospital
from simulations.in_process import InProcessSimulation

CONTRACT = load_contract("heart_disease")
FOLDS = 3
NAMES = ("north", "south")


@dataclass(frozen=True)
class Node:
    """A hospital's files."""

    mapping: Path
    out_of_fold: Path

    def loaded(self) -> LoadedRecords:
        return load_records(CONTRACT, self.mapping)


def write_node(folder: Path, name: str, seed: int) -> Node:
    """Write 120 patients whose disease shows in two numbers; the first ten are coded wrong."""
    random = np.random.default_rng(seed)
    sick = random.random(120) < 0.5
    rate = np.where(sick, 110, 165) + random.normal(0, 8, 120)
    depression = np.clip(np.where(sick, 2.5, 0.3) + random.normal(0, 0.4, 120), 0, 6)
    coded = sick.copy()
    coded[:10] ^= True
    lines = [
        f"{rate[row]:.0f},{depression[row]:.1f},{'grade_1' if coded[row] else 'none'}"
        for row in range(120)
    ]
    home = folder / name
    home.mkdir()
    (home / "patients.csv").write_text("\n".join(["rate,st,dx", *lines]) + "\n")
    (home / "mapping.toml").write_text(
        '[source]\nkind = "csv"\npath = "patients.csv"\n[label]\ncolumn = "dx"\n'
        '[[column]]\ncolumn = "rate"\nfeature = "maximum_heart_rate"\nunit = "/min"\n'
        '[[column]]\ncolumn = "st"\nfeature = "st_depression"\nunit = "mm"\n'
    )
    return Node(home / "mapping.toml", home / "out_of_fold")


def node_app(name: str, contract: Contract, node: Node) -> ClientApp:
    hospital = Hospital(name, contract, lambda: LocalRecords(node.loaded().records))
    hospital.out_of_fold = node.out_of_fold
    return create_client_app(lambda _context: hospital)


def settings_of(fold: int) -> RunSettings:
    content = {
        "models": ["random_forest", "boosted_trees"],
        "compare_alone": False,
        "class_balance": "none",
        "holdout": {"folds": FOLDS, "fold": fold},
        "random_forest": {"trees": 30},
    }
    return run_settings(content, [], "test")


def run(nodes: Mapping[str, Node], settings: RunSettings) -> FederationResult:
    names = dict(enumerate(nodes, start=1))
    apps = {
        number: SimulatedHospital(AppFactory(node_app, (name, CONTRACT, nodes[name])))
        for number, name in names.items()
    }
    with InProcessGrid(apps, "in_process", 0) as grid:
        return InProcessSimulation(grid, names, CONTRACT).run(settings)


@pytest.fixture(scope="module")
def trained(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[dict[str, Node], list[FederationResult]]:
    folder = tmp_path_factory.mktemp("nodes")
    nodes = {name: write_node(folder, name, seed) for seed, name in enumerate(NAMES)}
    return nodes, [run(nodes, settings_of(fold)) for fold in range(FOLDS)]


def test_what_is_kept_is_what_the_shared_models_say_of_held_out_rows(
    trained: tuple[dict[str, Node], list[FederationResult]],
) -> None:
    nodes, results = trained
    for node in nodes.values():
        records = node.loaded().records
        kept = read_kept(node.out_of_fold, records.content_hash(), CONTRACT)
        assert len(kept) == 2
        for fold, result in enumerate(results):
            settings = settings_of(fold)
            positions = held_out_positions(CONTRACT, records, settings)
            asked = records.take(positions)
            said = [
                probabilities(asked, settings, result.preparation, kind, result.models[kind])
                for kind in sorted(result.models)
            ]
            assert all(
                np.allclose(one[positions], other) for one, other in zip(kept, said, strict=True)
            )


def test_wrong_diagnoses_stand_first_in_what_the_federation_doubts(
    trained: tuple[dict[str, Node], list[FederationResult]],
) -> None:
    for node in trained[0].values():
        asked = ask_models(read_rows(CONTRACT, node.mapping), node.out_of_fold, node.loaded)
        assert asked.models == "federated"
        (finding,) = suspicious_diagnoses(asked.rows)
        assert len(set(finding.rows[:10]) & set(range(2, 12))) >= 9
        assert list(finding.scores) == sorted(finding.scores, reverse=True)


def test_after_a_change_of_the_records_the_hospital_asks_its_own_models(
    trained: tuple[dict[str, Node], list[FederationResult]], tmp_path: Path
) -> None:
    node = trained[0]["north"]
    shutil.copytree(node.mapping.parent, tmp_path / "moved")
    moved = Node(tmp_path / "moved" / "mapping.toml", tmp_path / "moved" / "out_of_fold")
    with (tmp_path / "moved" / "patients.csv").open("a") as file:
        file.write("150,1.0,none\n")
    asked = ask_models(read_rows(CONTRACT, moved.mapping), moved.out_of_fold, moved.loaded)
    assert asked.models == "local"
