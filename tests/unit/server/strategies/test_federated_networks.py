"""Hospitals whose patients differ, against the same patients in one place."""

from __future__ import annotations

import numpy as np
import pytest
from flwr.app import ConfigRecord, Message, MetricRecord, RecordDict

from client.answers import correction_of
from server.checkpoint import Progress
from server.strategies.creating import create_strategy
from server.training_rounds import train_rounds
from shared.models.base import Arrays, TrainingRequest
from shared.models.neural_network import NeuralNetwork
from shared.models.training_data import TrainingData
from shared.questions import array_record, read_arrays
from shared.run_settings import run_settings
from shared.session.in_process import InProcessGrid

COLUMNS = 4


def patients(rows: int, share: float, seed: int) -> TrainingData:
    """Return rows of two classes, a share of which are of the second; columns shift with it."""
    generator = np.random.default_rng(seed)
    classes = (generator.random(rows) < share).astype(int)
    features = generator.normal(size=(rows, COLUMNS)) + classes[:, None] + 2 * (share - 0.5)
    return TrainingData(
        features.astype(np.float32),
        np.eye(2, dtype=bool)[classes],
        np.ones(2),
        np.full(2, 0.5),
        federated_rows=180,
    )


HOSPITALS = {1: patients(90, 0.2, 1), 2: patients(60, 0.8, 2), 3: patients(30, 0.95, 3)}


class Hospitals(InProcessGrid):
    """Answers training questions from the data above."""

    def __init__(self, model: NeuralNetwork, hospitals: dict[int, TrainingData]) -> None:
        super().__init__({})
        self.model, self.hospitals = model, hospitals
        self.rounds = 0

    def get_node_ids(self) -> list[int]:
        return list(self.hospitals)

    def send_and_receive(
        self, messages: list[Message], *, timeout: float | None = None
    ) -> list[Message]:
        self.rounds += 1
        return [self.answer(number, message) for number, message in enumerate(messages)]

    def answer(self, number: int, message: Message) -> Message:
        message.metadata.__dict__["_message_id"] = f"{self.rounds}-{number}"
        node = message.metadata.dst_node_id
        request = TrainingRequest(self.rounds, node, correction=correction_of(message))
        arrays = read_arrays(message.content["arrays"])
        step = self.model.train(arrays, self.hospitals[node], request)
        rows = len(self.hospitals[node])
        metrics = MetricRecord({"num-examples": rows, "loss": step.loss, **step.figures})
        content = RecordDict({"arrays": array_record(step.arrays), "metrics": metrics})
        return Message(content, reply_to=message)


def trained(
    network: dict[str, object], hospitals: dict[int, TrainingData] | None = None
) -> tuple[NeuralNetwork, Arrays, Hospitals]:
    settings = run_settings(
        {"models": ["neural_network"], "minimum_hospitals": 1, "neural_network": network}, [], "t"
    )
    model = NeuralNetwork(settings.neural_network, COLUMNS, 2, 0)
    grid = Hospitals(model, hospitals or HOSPITALS)
    strategy = create_strategy("neural_network", settings)
    begin = Progress(0, model.initial_arrays())
    last = train_rounds(
        strategy, grid, begin, settings.neural_network, ConfigRecord(), lambda _: None
    )
    return model, last.arrays, grid


def pooled() -> TrainingData:
    parts = HOSPITALS.values()
    return TrainingData(
        np.vstack([part.features for part in parts]),
        np.vstack([part.candidates for part in parts]),
        np.ones(2),
        np.full(2, 0.5),
        federated_rows=180,
    )


@pytest.mark.parametrize("strategy", ["FedAdam", "FedYogi", "FedAdagrad", "FedAvgM"])
def test_steps_over_all_rows_give_the_pooled_model(strategy: str) -> None:
    model, arrays, _ = trained({"strategy": strategy, "rounds": 30, "dropout": 0.0})
    alone = model.train_alone(pooled(), hospital_seed=9)
    expected = model.predict(alone, pooled().features)
    np.testing.assert_allclose(model.predict(arrays, pooled().features), expected, atol=2e-3)


def test_scaffold_undoes_the_drift_of_hospitals_that_differ() -> None:
    network: dict[str, object] = {
        "hidden": [],
        "dropout": 0.0,
        "local_epochs": 20,
        "rounds": 60,
        "l2_regularisation": 2.0,
    }
    model, optimum, _ = trained(
        {**network, "local_epochs": 1, "rounds": 2000, "strategy": "FedAvg"}
    )
    best = model.predict(optimum, pooled().features)

    def distance(strategy: str) -> float:
        _, arrays, _ = trained({**network, "strategy": strategy})
        return float(np.abs(model.predict(arrays, pooled().features) - best).max())

    assert distance("SCAFFOLD") < 0.005
    assert distance("FedAvg") > 0.03


def test_training_stops_at_the_best_federated_loss() -> None:
    generator = np.random.default_rng(5)
    noise = {}
    for node in (1, 2):
        features = generator.normal(size=(60, COLUMNS)).astype(np.float32)
        labels = np.eye(2, dtype=bool)[generator.integers(2, size=60)]
        data = TrainingData(features, labels, np.ones(2), np.full(2, 0.5), federated_rows=120)
        noise[node] = data.with_validation(np.arange(60) < 30)
    network: dict[str, object] = {
        "rounds": 200,
        "validation_share": 0.5,
        "early_stopping_rounds": 3,
        "l2_regularisation": 0.0,
    }
    model, arrays, grid = trained(network, noise)
    assert grid.rounds < 100

    def loss(weights: Arrays) -> float:
        held = [data.for_validation for data in noise.values()]
        return sum(each.loss(model.predict(weights, each.features)) for each in held)

    _, to_the_end, _ = trained({**network, "early_stopping_rounds": 0}, noise)
    assert loss(arrays) < loss(to_the_end)


@pytest.mark.parametrize("changes", [{"loss": "focal"}, {"logit_adjustment": 1.0}])
def test_losses_for_rare_classes_find_more_of_them(changes: dict[str, object]) -> None:
    rare = {node: patients(120, 0.06, node) for node in (1, 2, 3)}
    frequencies = np.array([0.94, 0.06])
    rare = {
        node: TrainingData(data.features, data.candidates, np.ones(2), frequencies)
        for node, data in rare.items()
    }
    network: dict[str, object] = {"rounds": 60, "dropout": 0.0}
    fresh = patients(600, 0.06, 9)

    def certainty(options: dict[str, object]) -> float:
        model, arrays, _ = trained({**network, **options}, rare)
        probabilities = model.predict(arrays, fresh.features)
        return float(probabilities[fresh.candidates[:, 1], 1].mean())

    assert certainty(changes) > certainty({}) + 0.02
