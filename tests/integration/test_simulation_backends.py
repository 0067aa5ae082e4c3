"""A small federation gives the same figures, whoever answers for its hospitals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from server.federation_result import FederationResult
from server.results import result_figures
from shared.contract import Contract
from shared.errors import PartialRunError, SettingsError
from shared.questions import GROW
from shared.records import Records
from shared.run_settings import RunSettings, run_settings
from shared.session.faults import Fault
from simulations.backend import BackendSettings
from simulations.benchmarks.simulated_rounds import simulated_rounds
from simulations.in_process import open_simulation, run_in_process
from tests.conftest import learnable_records

BACKENDS = [
    BackendSettings(kind="threads", workers=3),
    BackendSettings(kind="processes", workers=2),
    BackendSettings(kind="ray", workers=2),
]
# Among them one that is away for a round, and one whose answer comes too late.
FAULTS = [
    Fault("east", 2, "unreachable"),
    Fault("east", 3, "returns"),
    Fault("south", 3, "delay", 1e6),
    Fault("north", 1, "delay", 5),
]


def settings_of(**changes: object) -> RunSettings:
    content: dict[str, Any] = {
        "seed": 1,
        "neural_network": {"rounds": 3, "local_epochs": 2},
        "boosted_trees": {"rounds": 2, "trees_per_round": 2},
        "random_forest": {"trees": 10},
        "join_timeout": 5,
    }
    return run_settings({**content, **changes}, [], "test")


@pytest.fixture(scope="module")
def hospitals(contract: Contract) -> dict[str, Records]:
    sizes = {"north": 120, "south": 80, "east": 60}
    return {
        name: learnable_records(contract, rows, seed)
        for seed, (name, rows) in enumerate(sizes.items())
    }


@pytest.fixture(scope="module")
def in_turn(contract: Contract, hospitals: dict[str, Records]) -> list[FederationResult]:
    return [
        run_in_process(contract, hospitals, settings_of()),
        run_in_process(contract, hospitals, settings_of(), faults=FAULTS),
    ]


def account(result: FederationResult) -> list[object]:
    """Return who answered each question and with what loss; only the time may differ.

    Hospitals whose process is another for each question are asked again, with everything they need.
    """
    return list(
        dict.fromkeys(
            (each.question, each.model, each.number, *each.answered, each.loss, *each.left_out)
            for each in result.rounds
            if each.question != GROW or len(each.invited) == len(result.hospitals)
        )
    )


@pytest.mark.parametrize("backend", BACKENDS, ids=lambda each: each.kind)
def test_the_same_figures_to_the_digit(
    contract: Contract,
    hospitals: dict[str, Records],
    in_turn: list[FederationResult],
    backend: BackendSettings,
) -> None:
    with open_simulation(contract, hospitals, backend) as simulation:
        found = [simulation.run(settings_of()), simulation.run(settings_of(), faults=FAULTS)]
    for one, other in zip(found, in_turn, strict=True):
        assert result_figures(one) == result_figures(other)
        assert account(one) == account(other)
        for name, arrays in other.models.items():
            for key, array in arrays.items():
                np.testing.assert_array_equal(array, one.models[name][key])
    assert set(found[1].left_out) == {"east", "south"}


def test_errors_of_a_run_under_ray_reach_who_started_it(
    contract: Contract, hospitals: dict[str, Records]
) -> None:
    ray = BackendSettings(kind="ray", workers=1)
    with pytest.raises(SettingsError, match="not there: west"):
        run_in_process(
            contract, hospitals, settings_of(), faults=[Fault("west", 0, "silent")], backend=ray
        )
    with pytest.raises(PartialRunError, match="2 hospitals gave a summary"):
        run_in_process(
            contract,
            hospitals,
            settings_of(minimum_hospitals=3),
            faults=[Fault("east", 0, "silent")],
            backend=ray,
        )


def test_a_ray_cluster_that_is_not_there_is_an_error_of_the_settings(
    contract: Contract, hospitals: dict[str, Records]
) -> None:
    nowhere = BackendSettings(kind="ray", address="127.0.0.1:1")
    with pytest.raises(SettingsError, match=r"No Ray cluster can be used at 127\.0\.0\.1:1"):
        run_in_process(contract, hospitals, settings_of(), backend=nowhere)


def test_rounds_of_a_simulation_are_timed() -> None:
    figures = simulated_rounds(sites=4, rounds=2, seed=0, with_ray=False)
    assert figures["sites"] == 4
    assert figures["ray_seconds_per_round"] is None
    seconds = figures["inprocess_seconds_per_round"]
    assert isinstance(seconds, float)
    assert 0 < seconds < 5
