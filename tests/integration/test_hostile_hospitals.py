"""One hospital of five lies, and has as many rows as the others together.

Its labels are turned round, or its steps are 1000 times as long, or backwards, or not numbers, in
every round. Plain averaging weighs hospitals by rows, so it must suffer: else nothing here would
show that a defence defends.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np
import pytest

from server.federation_result import FederationResult
from shared.contract import Contract, load_contract
from shared.metrics import merge_evaluations
from shared.records import Records
from shared.run_settings import RunSettings, run_settings
from shared.session.faults import Fault, FaultKind
from simulations.hostile import flip_labels
from simulations.in_process import run_in_process
from tests.conftest import learnable_records

ROUNDS = 6
HOSTILE = "hostile"
HONEST = ("north", "south", "east", "west")
DEFENCES = ("Krum", "MultiKrum", "FedTrimmedAvg", "FedMedian")
# In the area under the ROC curve on the honest hospitals' held-out rows.
MARGIN = 0.05
SUFFERS = 0.15
# Large enough that only the strategy stands between a long step and the model.
NO_NORM_LIMIT = 1e8

FAULTS: dict[str, FaultKind] = {
    "scaled_update": "scaled",
    "sign_flip": "sign_flipped",
    "not_a_number": "not_a_number",
}
ATTACKS = ("label_flip", "scaled_update", "sign_flip")


def settings_of(strategy: str, norm_limit: float) -> RunSettings:
    content = {
        "models": ["neural_network"],
        "task": {"level": "group"},
        "compare_alone": False,
        "calibration": {"method": "none"},
        "update_norm_limit": norm_limit,
        "neural_network": {
            "strategy": strategy,
            "rounds": ROUNDS,
            "local_epochs": 5,
            "learning_rate": 0.5,
            "hidden": [],
            "dropout": 0.0,
            "l2_regularisation": 0.0,
            "malicious_hospitals": 1,
            "trimmed_share": 0.25,
        },
    }
    return run_settings(content, [], "test")


def hospitals_under(contract: Contract, attack: str) -> Mapping[str, Records]:
    found = {name: learnable_records(contract, 80, seed) for seed, name in enumerate(HONEST)}
    records = learnable_records(contract, 320, 9)
    found[HOSTILE] = flip_labels(contract, records) if attack == "label_flip" else records
    return found


@cache
def run_under(strategy: str, attack: str, norm_limit: float = NO_NORM_LIMIT) -> FederationResult:
    contract = load_contract("heart_disease")
    faults = []
    if attack in FAULTS:
        faults = [Fault(HOSTILE, number, FAULTS[attack]) for number in range(1, ROUNDS + 1)]
    settings = settings_of(strategy, norm_limit)
    return run_in_process(contract, hospitals_under(contract, attack), settings, faults=faults)


def area(result: FederationResult) -> float:
    evaluations = [result.federated[name]["neural_network"] for name in HONEST]
    found = merge_evaluations(evaluations).scores()["finest"].auc
    assert found is not None
    return found


@pytest.mark.parametrize("attack", ATTACKS)
def test_plain_averaging_suffers(attack: str) -> None:
    clean = area(run_under("FedAvg", "nothing"))
    assert clean > 0.9
    assert area(run_under("FedAvg", attack)) < clean - SUFFERS


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("strategy", DEFENCES)
def test_a_defence_holds(strategy: str, attack: str) -> None:
    clean = area(run_under(strategy, "nothing"))
    assert clean > 0.9
    assert area(run_under(strategy, attack)) > clean - MARGIN


@pytest.mark.parametrize("strategy", ["FedAvg", *DEFENCES])
def test_numbers_that_are_none_are_refused_by_name(strategy: str) -> None:
    result = run_under(strategy, "not_a_number")
    assert set(result.left_out) == {HOSTILE}
    assert "finite" in result.left_out[HOSTILE]
    training = [record for record in result.rounds if record.model]
    assert len(training) == ROUNDS
    assert all(record.answered == sorted(HONEST) for record in training)
    assert all(np.isfinite(array).all() for array in result.models["neural_network"].values())
    assert area(result) > area(run_under(strategy, "nothing")) - MARGIN


def test_the_norm_limit_stops_long_steps_by_name_and_no_others() -> None:
    result = run_under("FedAvg", "scaled_update", 100.0)
    assert set(result.left_out) == {HOSTILE}
    assert "its update has norm" in result.left_out[HOSTILE]
    assert area(result) > area(run_under("FedAvg", "nothing")) - MARGIN
    # A lie of ordinary length passes it: what it takes is a strategy.
    backwards = run_under("FedAvg", "sign_flip", 100.0)
    assert backwards.left_out == {}
    assert area(backwards) < area(run_under("FedAvg", "nothing")) - SUFFERS


def test_labels_are_turned_round(contract: Contract) -> None:
    records = learnable_records(contract, 50, 0)
    flipped = flip_labels(contract, records)
    before = [contract.group_of(label) for label in records.labels]
    after = [contract.group_of(label) for label in flipped.labels]
    assert {"none", "disease"} == set(before)
    assert all(one != other for one, other in zip(before, after, strict=True))
    assert flipped.table.equals(records.table)
