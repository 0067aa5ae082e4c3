"""A run that was killed goes on where it was, and ends as if nothing had happened."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from server.checkpoint import FileCheckpoint, Members, Progress
from server.federation import Federation
from server.federation_result import FederationResult
from server.results import result_figures
from server.rounds import RoundRecord
from shared.contract import Contract
from shared.errors import JuntosError
from shared.records import Records
from shared.run_settings import RunSettings
from shared.session.in_process import InProcessGrid, SimulatedHospital
from simulations.hospital_apps import app_factories
from tests.conftest import learnable_records
from tests.integration.test_in_process_federation import STRATEGIES, quick_settings


class KilledError(BaseException):
    """The process ends here, wherever it is."""


class Watcher:
    """Keeps the records as the database would, and kills the run when it is told to."""

    def __init__(self, kill_at: int = 10_000, *, when_asked: bool = False) -> None:
        self.kill_at = kill_at
        self.when_asked = when_asked
        self.records: list[RoundRecord] = []
        self.asked_count = 0

    def asked(self, question: str, model: str, number: int, hospitals: list[str]) -> None:
        self.asked_count += 1
        if self.when_asked and self.asked_count == self.kill_at:
            raise KilledError

    def answered(self, record: RoundRecord) -> None:
        self.records.append(record)
        if not self.when_asked and len(self.records) == self.kill_at:
            raise KilledError


@pytest.fixture(scope="module")
def hospitals(contract: Contract) -> dict[str, Records]:
    sizes = {"north": 80, "south": 50, "east": 40}
    return {
        name: learnable_records(contract, rows, seed)
        for seed, (name, rows) in enumerate(sizes.items())
    }


def federation(
    contract: Contract,
    hospitals: dict[str, Records],
    settings: RunSettings,
    folder: Path,
    watcher: Watcher,
    earlier: list[RoundRecord],
) -> Federation:
    names = dict(enumerate(hospitals, start=1))
    factories = app_factories(contract, hospitals)
    nodes = {node: SimulatedHospital(factories[name]) for node, name in names.items()}
    return Federation(
        InProcessGrid(nodes), names, contract, settings, watcher, FileCheckpoint(folder), earlier
    )


def assert_same(found: FederationResult, expected: FederationResult) -> None:
    assert result_figures(found) == result_figures(expected)
    for name, arrays in expected.models.items():
        for key, array in arrays.items():
            np.testing.assert_array_equal(found.models[name][key], array)
    done = [(record.question, record.model, record.number) for record in found.rounds]
    assert done == [(each.question, each.model, each.number) for each in expected.rounds]


def killed_and_resumed(
    contract: Contract,
    hospitals: dict[str, Records],
    settings: RunSettings,
    folder: Path,
    watcher: Watcher,
) -> FederationResult:
    with pytest.raises(KilledError):
        federation(contract, hospitals, settings, folder, watcher, []).run()
    random.seed(12345)  # another process has another random state
    rest = Watcher()
    return federation(contract, hospitals, settings, folder, rest, watcher.records).run()


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_strategy_goes_on(
    contract: Contract, hospitals: dict[str, Records], tmp_path: Path, strategy: str
) -> None:
    network = {"rounds": 5, "local_epochs": 2, "strategy": strategy}
    settings = quick_settings(
        models=["neural_network"], neural_network=network, compare_alone=False
    )
    expected = federation(contract, hospitals, settings, tmp_path / "a", Watcher(), []).run()
    found = killed_and_resumed(
        contract, hospitals, settings, tmp_path / "b", Watcher(4, when_asked=True)
    )
    assert_same(found, expected)


@pytest.mark.parametrize("kill_at", [1, 2, 7, 8, 10, 13, 22, 35, 59])
@pytest.mark.parametrize("when_asked", [False, True])
def test_a_run_goes_on_from_anywhere(
    contract: Contract,
    hospitals: dict[str, Records],
    tmp_path: Path,
    kill_at: int,
    when_asked: bool,
) -> None:
    settings = quick_settings()
    expected = federation(contract, hospitals, settings, tmp_path / "a", Watcher(), []).run()
    watcher = Watcher(kill_at, when_asked=when_asked)
    found = killed_and_resumed(contract, hospitals, settings, tmp_path / "b", watcher)
    assert_same(found, expected)


@pytest.mark.parametrize("kill_at", [9, 14, 20])
def test_early_stopping_goes_on_where_it_was(
    contract: Contract, hospitals: dict[str, Records], tmp_path: Path, kill_at: int
) -> None:
    trees = {"rounds": 40, "validation_share": 0.3, "early_stopping_iterations": 2}
    settings = quick_settings(
        models=["boosted_trees"],
        compare_alone=False,
        boosted_trees={**trees, "trees_per_round": 1, "learning_rate": 1.0, "row_share": 0.8},
    )
    expected = federation(contract, hospitals, settings, tmp_path / "a", Watcher(), []).run()
    assert 0 < len(expected.models["boosted_trees"]["tree_sizes"]) < 40
    found = killed_and_resumed(contract, hospitals, settings, tmp_path / "b", Watcher(kill_at))
    assert_same(found, expected)


@pytest.mark.parametrize("kill_at", [3, 4, 5, 6, 8])
def test_prototypes_are_the_same_after_a_kill(
    contract: Contract, hospitals: dict[str, Records], tmp_path: Path, kill_at: int
) -> None:
    transfer = {"pretraining_rounds": 3, "encoder_rate": 0.5, "prototypes_below": 15}
    settings = quick_settings(
        models=["neural_network"],
        compare_alone=False,
        neural_network={"rounds": 6, "transfer": transfer},
    )
    expected = federation(contract, hospitals, settings, tmp_path / "a", Watcher(), []).run()
    assert [each.question for each in expected.rounds].index("query.prototypes") == 4
    found = killed_and_resumed(contract, hospitals, settings, tmp_path / "b", Watcher(kill_at))
    assert_same(found, expected)


def test_a_checkpoint_keeps_the_random_state(tmp_path: Path) -> None:
    checkpoint = FileCheckpoint(tmp_path)
    random.seed(3)
    checkpoint.save_progress("neural_network", Progress(2, {"a": np.arange(3.0)}, trained=True))
    expected = random.random()
    random.seed(99)
    found = checkpoint.progress("neural_network")
    assert found is not None
    assert random.random() == expected
    assert found.number == 2
    np.testing.assert_array_equal(found.arrays["a"], np.arange(3.0))


@pytest.mark.parametrize("content", [b"", b"abc", b"\x00" * 100])
def test_a_damaged_checkpoint_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    checkpoint = FileCheckpoint(tmp_path)
    for name in ("neural_network.safetensors", "members.json"):
        (tmp_path / name).write_bytes(content)
    with pytest.raises(JuntosError, match=r"neural_network\.safetensors is damaged"):
        checkpoint.progress("neural_network")
    with pytest.raises(JuntosError, match=r"members\.json is damaged"):
        checkpoint.members()


def test_a_full_disk_leaves_the_checkpoint_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoint = FileCheckpoint(tmp_path)
    checkpoint.save_progress("neural_network", Progress(1, {"a": np.zeros(2)}))

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(JuntosError, match="cannot be written: No space"):
        checkpoint.save_progress("neural_network", Progress(2, {"a": np.ones(2)}))
    found = checkpoint.progress("neural_network")
    assert found is not None
    assert found.number == 1


def test_a_run_does_not_go_on_without_a_hospital_that_left(
    contract: Contract, hospitals: dict[str, Records], tmp_path: Path
) -> None:
    settings = quick_settings(models=["random_forest"])
    with pytest.raises(KilledError):
        federation(contract, hospitals, settings, tmp_path, Watcher(1), []).run()
    checkpoint = FileCheckpoint(tmp_path)
    if checkpoint.members() is None:
        summary = federation(contract, hospitals, settings, tmp_path, Watcher(), []).members()
        checkpoint.save_members(Members(hospitals=summary, rounds=1))
    fewer = {name: hospitals[name] for name in ("north", "south")}
    with pytest.raises(JuntosError, match="No longer enrolled: east"):
        federation(contract, fewer, settings, tmp_path, Watcher(), []).run()
