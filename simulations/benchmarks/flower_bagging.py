"""Flower's own bagging of XGBoost trees, as its quickstart does it, for comparison."""

from __future__ import annotations

import numpy as np
import xgboost
from flwr.app import ArrayRecord, Context, Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp
from flwr.serverapp.strategy import FedXgbBagging

from shared.session.in_process import InProcessGrid, SimulatedHospital

PARAMETERS = {
    "objective": "multi:softprob",
    "num_class": 10,
    "eta": 0.3,
    "max_depth": 6,
    "tree_method": "hist",
    "nthread": 1,
}


def flower_bagging_accuracy(
    clients: list[tuple[np.ndarray, np.ndarray]],
    test: np.ndarray,
    test_labels: np.ndarray,
    rounds: int,
) -> float:
    """Train with Flower's strategy and client, unchanged; return accuracy on the test rows."""
    grid = InProcessGrid(
        {
            node: SimulatedHospital(boosting_client(*rows))
            for node, rows in enumerate(clients, start=1)
        }
    )
    strategy = FedXgbBagging(fraction_evaluate=0.0)
    empty = ArrayRecord([np.array([], dtype=np.uint8)])
    result = strategy.start(grid=grid, initial_arrays=empty, num_rounds=rounds)
    booster = xgboost.Booster(params=PARAMETERS)
    booster.load_model(bytearray(result.arrays["0"].numpy().tobytes()))
    answers = booster.predict(xgboost.DMatrix(test)).argmax(axis=1)
    return float((answers == test_labels).mean())


def boosting_client(rows: np.ndarray, labels: np.ndarray) -> ClientApp:
    """Return a client that boosts one iteration a round and sends the new trees."""
    app = ClientApp()
    data = xgboost.DMatrix(rows, label=labels)

    @app.train()
    def train(message: Message, _context: Context) -> Message:
        model = bytearray(message.content.array_records["arrays"]["0"].numpy().tobytes())
        if model:
            booster = xgboost.Booster(params=PARAMETERS)
            booster.load_model(model)
            booster.update(data, booster.num_boosted_rounds())
            grown = booster.num_boosted_rounds()
            booster = booster[grown - 1 : grown]
        else:
            booster = xgboost.train(PARAMETERS, data, num_boost_round=1)
        trees = np.frombuffer(booster.save_raw("json"), dtype=np.uint8)
        content = RecordDict(
            {
                "arrays": ArrayRecord([trees]),
                "metrics": MetricRecord({"num-examples": len(rows)}),
            }
        )
        return Message(content, reply_to=message)

    return app
