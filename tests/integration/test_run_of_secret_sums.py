"""Whole runs whose coordinator sees sums without noise, over the in-process Grid."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from flwr.app import Message
from scipy.stats import binomtest

from client.training.local_models import probabilities, train_alone
from server.federation import Federation, Plan
from server.federation_result import FederationResult
from server.sums.federation import TOGETHER
from shared.attacks import membership_risk, merge_membership
from shared.contract import Contract
from shared.errors import PartialRunError, SettingsError
from shared.holdout import split
from shared.questions import ARRAYS_KEY, EXCHANGE_KEYS, PART_OF_SUM, PRIVATE_SUM, read_arrays
from shared.records import Records
from shared.run_settings import RunSettings, run_settings
from shared.session.faults import Fault
from shared.session.in_process import InProcessGrid, SimulatedHospital
from simulations.hospital_apps import app_factories
from simulations.in_process import run_in_process
from simulations.silence import Silent
from tests.conftest import learnable_records


def settings(guarantee: str = "secret_sums", **changes: Any) -> RunSettings:  # noqa: ANN401
    content = {
        "seed": 1,
        "compare_alone": False,
        "neural_network": {"rounds": 20},
        "boosted_trees": {"rounds": 2, "trees_per_round": 4},
        "join_timeout": 1,
        "privacy": {"guarantee": guarantee},
        **changes,
    }
    return run_settings(content, [], "test")


@pytest.fixture(scope="module")
def hospitals(contract: Contract) -> dict[str, Records]:
    sizes = {"north": 300, "south": 200, "east": 150}
    return {
        name: learnable_records(contract, rows, seed)
        for seed, (name, rows) in enumerate(sizes.items())
    }


def test_every_kind_learns_and_only_sums_are_asked_for(
    contract: Contract, hospitals: dict[str, Records]
) -> None:
    result = run_in_process(contract, hospitals, settings())
    assert {record.question for record in result.rounds} == {PRIVATE_SUM, EXCHANGE_KEYS}
    assert result.guarantees == {}
    for kind in ("neural_network", "boosted_trees"):
        area = result.federated[TOGETHER][kind].scores()["group"].auc
        assert area is not None
        assert area > 0.7, kind


def test_trees_are_those_of_the_hospitals_single_answers(
    contract: Contract, hospitals: dict[str, Records]
) -> None:
    only_flags = [name for name, each in contract.features.items() if each.kind != "flag"]
    chosen: dict[str, Any] = {"models": ["boosted_trees"], "task": {"exclude_features": only_flags}}
    secret = run_in_process(contract, hospitals, settings(**chosen)).models["boosted_trees"]
    plain = run_in_process(contract, hospitals, settings("none", **chosen)).models["boosted_trees"]
    assert set(secret) == set(plain)
    for name, array in plain.items():
        np.testing.assert_array_equal(secret[name], array)


def test_a_network_is_the_mean_of_updates_to_rounding(
    contract: Contract, hospitals: dict[str, Records]
) -> None:
    only_flags = [name for name, each in contract.features.items() if each.kind != "flag"]
    chosen: dict[str, Any] = {
        "models": ["neural_network"],
        "task": {"exclude_features": only_flags},
        "neural_network": {"rounds": 3, "strategy": "FedAvg", "dropout": 0.0},
    }
    secret = run_in_process(contract, hospitals, settings(**chosen)).models["neural_network"]
    plain = run_in_process(contract, hospitals, settings("none", **chosen)).models["neural_network"]
    for name, array in plain.items():
        np.testing.assert_allclose(secret[name], array, atol=1e-5)


def test_a_lost_hospital_is_left_out_of_the_iteration(
    contract: Contract, hospitals: dict[str, Records]
) -> None:
    # Early enough to fall into growing, and once only.
    fault = Fault(hospital="east", kind="silent", question=14)
    result = run_in_process(
        contract, hospitals, settings(models=["boosted_trees"], minimum_hospitals=2), faults=[fault]
    )
    assert any("east" in record.left_out for record in result.rounds)
    assert result.federated[TOGETHER]["boosted_trees"].finest.rows > 0


def test_below_the_threshold_there_is_no_sum(
    contract: Contract, hospitals: dict[str, Records]
) -> None:
    faults = [Fault(hospital=name, kind="unreachable", question=14) for name in ("east", "south")]
    with pytest.raises(PartialRunError, match="at least 2"):
        run_in_process(contract, hospitals, settings(models=["boosted_trees"]), faults=faults)


def test_judging_adds_up_what_hospitals_would_have_told(
    contract: Contract, hospitals: dict[str, Records]
) -> None:
    only_flags = [name for name, each in contract.features.items() if each.kind != "flag"]
    chosen: dict[str, Any] = {"models": ["boosted_trees"], "task": {"exclude_features": only_flags}}
    secret = run_in_process(contract, hospitals, settings(compare_alone=True, **chosen))
    plain = plainly(contract, hospitals, settings("none", **chosen))
    told = sum(each["alone/boosted_trees"] for each in plain.pairs.values())
    np.testing.assert_array_equal(secret.pairs[TOGETHER]["alone/boosted_trees"], told)
    harmed = sum(
        binomtest(int(better), int(better + worse), alternative="greater").pvalue < 0.05
        for better, worse in only_one_right(contract, hospitals, plain)
        if better
    )
    assert secret.harmed == {"boosted_trees": harmed}
    members = merge_membership(each["boosted_trees"] for each in plain.attacks.membership.values())
    counted = secret.attacks.membership[TOGETHER]["boosted_trees"]
    assert sum(counted.members) == sum(members.members)
    risks = [membership_risk(each) for each in (counted, members)]
    assert risks[0] is not None
    assert risks[1] is not None
    assert risks[0].auc == pytest.approx(risks[1].auc, abs=0.03)


def plainly(
    contract: Contract, hospitals: dict[str, Records], chosen: RunSettings
) -> FederationResult:
    factories = app_factories(contract, hospitals)
    names = dict(enumerate(hospitals, 1))
    nodes = {node: SimulatedHospital(factories[name]) for node, name in names.items()}
    plan = Plan(compare=True, attack=True, calibrate=False)
    with InProcessGrid(nodes) as grid:
        return Federation(grid, names, contract, chosen, Silent(), plan=plan).run()


def only_one_right(
    contract: Contract, hospitals: dict[str, Records], plain: FederationResult
) -> list[tuple[int, int]]:
    """Return, by hospital, rows that only its own and only the shared model answers rightly."""
    chosen, found = settings("none", models=["boosted_trees"]), []
    view = plain.contract
    chosen = chosen.model_copy(
        update={
            "task": chosen.task.model_copy(
                update={
                    "exclude_features": [
                        name for name in contract.features if name not in view.features
                    ]
                }
            )
        }
    )
    for name, records in hospitals.items():
        seen = chosen.task.records(contract, records)
        training, held_out = split(view, seen, chosen.holdout)
        preparation, own = train_alone(name, view, training, chosen)
        sides = []
        for prepared, arrays in (
            (preparation, own["boosted_trees"]),
            (plain.preparation, plain.models["boosted_trees"]),
        ):
            said = probabilities(held_out, chosen, prepared, "boosted_trees", arrays).argmax(axis=1)
            candidates = view.membership(list(held_out.labels))
            sides.append(candidates[np.arange(len(said)), said])
        found.append((int((sides[0] & ~sides[1]).sum()), int((sides[1] & ~sides[0]).sum())))
    return found


def test_sets_hold_the_truth_as_often_as_stated(
    contract: Contract, hospitals: dict[str, Records]
) -> None:
    result = run_in_process(contract, hospitals, settings(models=["boosted_trees"]))
    calibrator = result.calibrators["boosted_trees"]
    chosen = settings(models=["boosted_trees"])
    fresh = learnable_records(contract, 2000, seed=77)
    found = probabilities(
        fresh, chosen, result.preparation, "boosted_trees", result.models["boosted_trees"]
    )
    sets = calibrator.prediction_sets(found, 0.9)
    truth = contract.membership(list(fresh.labels))
    covered = (sets & truth).any(axis=1).mean()
    assert 0.85 < covered < 0.99


class Listener:
    """A Grid that keeps what comes from one node."""

    def __init__(self, grid: InProcessGrid, node: int) -> None:
        self._grid, self._node = grid, node
        self.seen: list[np.ndarray] = []

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return getattr(self._grid, name)

    def send_and_receive(self, messages: Any, *, timeout: float | None = None) -> list[Message]:  # noqa: ANN401
        replies = list(self._grid.send_and_receive(messages, timeout=timeout))
        for reply in replies:
            if reply.metadata.src_node_id == self._node and ARRAYS_KEY in reply.content:
                self.seen.append(read_arrays(reply.content[ARRAYS_KEY])[PART_OF_SUM])
        return replies


def test_what_comes_from_one_hospital_is_uniform(
    contract: Contract, hospitals: dict[str, Records]
) -> None:
    factories = app_factories(contract, hospitals)
    names = dict(enumerate(hospitals, 1))
    nodes = {node: SimulatedHospital(factories[name]) for node, name in names.items()}
    with InProcessGrid(nodes) as grid:
        listener = Listener(grid, 1)
        chosen = settings(models=["boosted_trees"])
        Federation(listener, names, contract, chosen, Silent()).run()  # type: ignore[arg-type]
    values = np.concatenate([each.ravel() for each in listener.seen]).view(np.uint64)
    assert len(values) > 10_000
    # Each of the 16 highest and lowest bits is as often 1 as 0.
    for bit in [*range(8), *range(56, 64)]:
        share = ((values >> np.uint64(bit)) & np.uint64(1)).mean()
        assert abs(share - 0.5) < 4 * 0.5 / np.sqrt(len(values)), bit


@pytest.mark.parametrize("strategy", ["Krum", "FedMedian", "SCAFFOLD"])
def test_what_needs_single_updates_is_refused_by_name(strategy: str) -> None:
    with pytest.raises(SettingsError, match=strategy):
        settings(neural_network={"strategy": strategy})
