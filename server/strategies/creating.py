"""The strategy of each kind of model."""

from __future__ import annotations

from typing import Any

from flwr.serverapp.strategy import Strategy

from server.strategies.averaging import averaging
from server.strategies.forest_union import ForestUnion
from server.strategies.tree_bagging import TreeBagging
from shared.run_settings import ModelName, RunSettings


def create_strategy(name: ModelName, settings: RunSettings) -> Strategy:
    """Return the strategy of one kind of model, asking every member in every round."""
    if name == "boosted_trees":
        return TreeBagging(**everyone(settings))
    if name == "random_forest":
        return ForestUnion(**everyone(settings))
    return averaging(settings.neural_network, everyone(settings))


def everyone(settings: RunSettings) -> dict[str, Any]:
    """Return Flower's sampling options that ask all members; evaluation is asked separately."""
    return {
        "fraction_train": 1.0,
        "fraction_evaluate": 0.0,
        "min_train_nodes": settings.minimum_hospitals,
        "min_available_nodes": settings.minimum_hospitals,
    }
