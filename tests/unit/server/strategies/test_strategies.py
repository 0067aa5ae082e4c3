"""Flower strategies on answers as hospitals send them."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
import pytest
from flwr.app import ConfigRecord, Error, Message, MetricRecord, RecordDict
from flwr.serverapp.strategy import Strategy

from client.answers import correction_of
from server.strategies.creating import create_strategy
from shared.models import create_model
from shared.models.base import Arrays, ModelKind, TrainingRequest
from shared.models.neural_network_settings import StrategyName
from shared.models.training_data import TrainingData
from shared.questions import array_record
from shared.run_settings import ModelName, RunSettings, run_settings
from shared.session.in_process import InProcessGrid

AVERAGING = list(get_args(StrategyName))
HOSPITALS = {1: 60, 2: 30, 3: 10}


def settings_of(**network: object) -> RunSettings:
    content: dict[str, Any] = {
        "minimum_hospitals": 2,
        "neural_network": {"local_epochs": 1, **network},
        "boosted_trees": {"rounds": 1, "trees_per_round": 2},
        "random_forest": {"trees": 5},
    }
    return run_settings(content, [], "test")


def model_of(name: ModelName, settings: RunSettings) -> ModelKind[Any]:
    return create_model(name, settings.of_model(name), 4, 3, 0)


def rows_of(number: int, seed: int) -> TrainingData:
    generator = np.random.default_rng(seed)
    features = generator.normal(size=(number, 4)).astype(np.float32)
    candidates = np.eye(3, dtype=bool)[features[:, :3].argmax(axis=1)]
    return TrainingData(features, candidates, np.ones(3), np.full(3, 1 / 3))


class Members(InProcessGrid):
    """A Grid that only says who is there."""

    def __init__(self) -> None:
        super().__init__({})

    def get_node_ids(self) -> list[int]:
        return list(HOSPITALS)


def one_round(
    strategy: Strategy, model: ModelKind[Any], failing: int | None = None
) -> tuple[Arrays, dict[int, Arrays], ConfigRecord]:
    """Let the hospitals answer one round; return the new model, the answers and the options."""
    record = array_record(model.initial_arrays())
    config = ConfigRecord()
    questions = list(strategy.configure_train(1, record, config, Members()))
    answers: dict[int, Arrays] = {}
    replies = []
    for number, question in enumerate(questions):
        # Flower gives a message its id when the SuperLink takes it.
        question.metadata.__dict__["_message_id"] = str(number)
        node = question.metadata.dst_node_id
        if node == failing:
            replies.append(Message(Error(1, "out of memory"), reply_to=question))
            continue
        step = model.train(
            model.initial_arrays(),
            rows_of(HOSPITALS[node], node),
            TrainingRequest(1, hospital_seed=node, correction=correction_of(question)),
        )
        answers[node] = step.arrays
        metrics = MetricRecord({"num-examples": HOSPITALS[node], "loss": step.loss, **step.figures})
        content = RecordDict({"arrays": array_record(step.arrays), "metrics": metrics})
        replies.append(Message(content, reply_to=question))
    merged, _ = strategy.aggregate_train(1, replies)
    assert merged is not None
    return {name: array.numpy() for name, array in merged.items()}, answers, config


@pytest.mark.parametrize("failing", [None, 2])
@pytest.mark.parametrize("name", AVERAGING)
def test_every_averaging_strategy_gives_a_model(name: str, failing: int | None) -> None:
    settings = settings_of(strategy=name)
    model = model_of("neural_network", settings)
    merged, answers, config = one_round(create_strategy("neural_network", settings), model, failing)
    model.check_arrays(merged)
    assert len(answers) == (3 if failing is None else 2)
    assert ("proximal-mu" in config) == (name == "FedProx")


def test_averages_are_weighted_by_rows() -> None:
    settings = settings_of(strategy="FedAvg")
    model = model_of("neural_network", settings)
    merged, answers, _ = one_round(create_strategy("neural_network", settings), model)
    for name, array in merged.items():
        expected = sum(answers[node][name] * (rows / 100) for node, rows in HOSPITALS.items())
        np.testing.assert_allclose(array, expected, atol=1e-6)


@pytest.mark.parametrize("failing", [None, 1])
def test_bagging_adds_the_weighted_trees(failing: int | None) -> None:
    settings = settings_of()
    model = model_of("boosted_trees", settings)
    merged, answers, _ = one_round(create_strategy("boosted_trees", settings), model, failing)
    model.check_arrays(merged)
    total = sum(HOSPITALS[node] for node in answers)
    features = rows_of(20, 9).features
    expected = sum(
        model.margins(arrays, features) * (HOSPITALS[node] / total)  # type: ignore[attr-defined]
        for node, arrays in answers.items()
    )
    found = model.margins(merged, features)  # type: ignore[attr-defined]
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("failing", [None, 3])
def test_a_union_is_the_weighted_mean_of_forests(failing: int | None) -> None:
    settings = settings_of()
    model = model_of("random_forest", settings)
    merged, answers, _ = one_round(create_strategy("random_forest", settings), model, failing)
    model.check_arrays(merged)
    total = sum(HOSPITALS[node] for node in answers)
    features = rows_of(20, 9).features
    expected = sum(
        model.predict(arrays, features) * (HOSPITALS[node] / total)
        for node, arrays in answers.items()
    )
    np.testing.assert_allclose(model.predict(merged, features), expected, atol=1e-9)


@pytest.mark.parametrize("name", ["neural_network", "boosted_trees", "random_forest"])
def test_a_round_that_nobody_answers_leaves_the_model(name: ModelName) -> None:
    settings = settings_of()
    strategy = create_strategy(name, settings)
    record = array_record(model_of(name, settings).initial_arrays())
    list(strategy.configure_train(1, record, ConfigRecord(), Members()))
    assert strategy.aggregate_train(1, [])[0] is None
