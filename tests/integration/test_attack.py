"""Attacking the models of a whole run: only counts leave, and they find the leak there is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pytest
from flwr.app import ConfigRecord, Message, RecordDict

from server.attacking import guessed_most, risk_of
from server.federation import Federation, Plan
from server.federation_result import FederationResult
from shared.attacks import count_membership, merge_membership
from shared.attacks.membership import right_class_log_odds
from shared.contract import Contract
from shared.holdout import split
from shared.models import create_model
from shared.questions import ANSWER_FIELD, ATTACK, CONFIG_KEY
from shared.records import Records
from shared.run_settings import RunSettings, run_settings
from shared.session.in_process import InProcessGrid, SimulatedHospital
from shared.session.wrapping_grid import WrappingGrid
from simulations.hospital_apps import app_factories
from simulations.silence import Silent
from tests.conftest import learnable_records, random_records

NAMES = {1: "north", 2: "south", 3: "east"}
SMALL = {
    "models": ["boosted_trees", "random_forest"],
    "boosted_trees": {"rounds": 1, "trees_per_round": 5, "maximum_depth": 2},
    "random_forest": {"trees": 10, "maximum_depth": 3, "minimum_leaf_rows": 10},
    "compare_alone": False,
}
MEMORISING = {
    "boosted_trees": {
        "rounds": 1,
        "trees_per_round": 80,
        "maximum_depth": 10,
        "learning_rate": 0.3,
        "minimum_child_weight": 0.0,
        "l2_regularisation": 0.0,
    }
}


@pytest.fixture(scope="module")
def hospitals(contract: Contract) -> dict[str, Records]:
    sizes = {"north": 90, "south": 70, "east": 60}
    return {
        name: learnable_records(contract, rows, seed)
        for seed, (name, rows) in enumerate(sizes.items())
    }


class Lying(WrappingGrid):
    """One hospital counts more rows than it has, another leaves a model out."""

    def send_and_receive(
        self, messages: Iterable[Message], *, timeout: float | None = None
    ) -> list[Message]:
        asked = list(messages)
        replies = list(self.grid.send_and_receive(asked, timeout=timeout))
        if asked and asked[0].metadata.message_type == ATTACK:
            for reply in replies:
                spoil(reply)
        return replies


def spoil(reply: Message) -> None:
    text = str(reply.content.config_records[CONFIG_KEY][ANSWER_FIELD])
    if reply.metadata.src_node_id == 1:
        text = text.replace('"members":[0,', '"members":[900,', 1)
    if reply.metadata.src_node_id == 2:
        text = text.replace("boosted_trees", "neural_network")
    reply.content = RecordDict({CONFIG_KEY: ConfigRecord({ANSWER_FIELD: text})})


def attacked(
    contract: Contract,
    hospitals: Mapping[str, Records],
    settings: RunSettings,
    kind: type[WrappingGrid] = WrappingGrid,
) -> FederationResult:
    factories = app_factories(contract, hospitals)
    nodes = {node: SimulatedHospital(factories[name]) for node, name in NAMES.items()}
    with InProcessGrid(nodes) as grid:
        plan = Plan(attack=True, calibrate=False)
        run = Federation(kind(grid), NAMES, contract, settings, Silent(), plan=plan)
        return run.run()


def test_counts_of_hospitals_are_those_of_all_rows_in_one_place(
    contract: Contract, hospitals: dict[str, Records]
) -> None:
    settings = run_settings(SMALL, [], "test")
    result = attacked(contract, hospitals, settings)
    parts = [split(contract, records, settings.holdout) for records in hospitals.values()]
    for name, arrays in result.models.items():
        model = create_model(
            name,
            settings.of_model(name),
            result.preparation.columns,
            result.preparation.classes,
            settings.seed,
            result.preparation.preprocessor.blocks(),
        )
        scores: list[list[np.ndarray]] = [[], []]
        for part in parts:
            for kept, records in zip(scores, part, strict=True):
                rows = result.preparation.training_data(
                    contract, records, keep_missing=model.keeps_missing
                )
                found = model.predict(arrays, rows.features)
                kept.append(right_class_log_odds(found, rows.candidates))
        expected = count_membership(*(np.concatenate(each) for each in scores))
        merged = merge_membership(each[name] for each in result.attacks.membership.values())
        assert merged == expected


def test_a_model_that_memorises_is_found_out(contract: Contract) -> None:
    # Labels that follow from nothing: whatever is known of a row was learned by heart.
    hospitals = {name: random_records(contract, 80, node) for node, name in NAMES.items()}
    chosen = {**SMALL, "models": ["boosted_trees"]}
    careful = attacked(contract, hospitals, run_settings(chosen, [], "test"))
    greedy = attacked(contract, hospitals, run_settings({**chosen, **MEMORISING}, [], "test"))
    low, high = (risk_of(each.attacks.membership, "boosted_trees") for each in (careful, greedy))
    assert low is not None
    assert high is not None
    assert low.low < 0.6 < 0.85 < high.low
    low, high = (risk_of(each.attacks.likelihood, "boosted_trees") for each in (careful, greedy))
    assert low is not None
    assert high is not None
    assert low.low < 0.65 < 0.8 < high.low
    gentle, sharp = (guessed_most(each.attacks, "boosted_trees") for each in (careful, greedy))
    assert gentle is not None
    assert sharp is not None
    assert sharp[1].low > 0
    assert sharp[1].advantage > gentle[1].advantage


def test_answers_that_no_rows_can_give_are_left_out_and_named(
    contract: Contract, hospitals: dict[str, Records]
) -> None:
    result = attacked(contract, hospitals, run_settings(SMALL, [], "test"), Lying)
    assert set(result.attacks.membership) == {"east"}
    last = result.rounds[-1]
    assert last.question == ATTACK
    assert "more rows than" in last.left_out["north"]
    assert "other models" in last.left_out["south"]


def test_synthetic_rows_and_rows_kept_for_validation_are_no_members(
    contract: Contract, hospitals: dict[str, Records]
) -> None:
    content = {
        **SMALL,
        "models": ["boosted_trees"],
        "augmentation": {"method": "smote"},
        "boosted_trees": {**SMALL["boosted_trees"], "validation_share": 0.3},  # type: ignore[dict-item]
    }
    settings = run_settings(content, [], "test")
    result = attacked(contract, hospitals, settings)
    for name, answer in result.attacks.membership.items():
        rows = result.hospitals[name].training_rows
        assert 0.5 * rows < sum(answer["boosted_trees"].members) < 0.85 * rows
        assert sum(answer["boosted_trees"].others) == result.hospitals[name].held_out_rows


def test_nothing_is_asked_in_a_run_without_a_review(
    contract: Contract, hospitals: dict[str, Records]
) -> None:
    factories = app_factories(contract, hospitals)
    nodes = {node: SimulatedHospital(factories[name]) for node, name in NAMES.items()}
    with InProcessGrid(nodes) as grid:
        settings = run_settings({**SMALL, "models": ["random_forest"]}, [], "test")
        result = Federation(grid, NAMES, contract, settings, Silent()).run()
    assert result.attacks.membership == {}
    assert ATTACK not in {record.question for record in result.rounds}
