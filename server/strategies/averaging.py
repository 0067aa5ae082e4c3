"""Flower's own averaging strategies, by the name in the run's settings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flwr.serverapp import strategy as flower
from flwr.serverapp.strategy import Strategy

from shared.models.settings import NeuralNetworkSettings, StrategyName

# Each returns the options that its strategy takes beyond those of sampling.
OPTIONS: dict[StrategyName, Callable[[NeuralNetworkSettings], dict[str, Any]]] = {
    "FedAvg": lambda _: {},
    "FedProx": lambda settings: {"proximal_mu": settings.proximal_mu},
    "FedAdam": lambda settings: {"eta": settings.server_learning_rate},
    "FedYogi": lambda settings: {"eta": settings.server_learning_rate},
    "FedMedian": lambda _: {},
    "FedTrimmedAvg": lambda settings: {"beta": settings.trimmed_share},
    "Krum": lambda settings: {"num_malicious_nodes": settings.malicious_hospitals},
}


def averaging(settings: NeuralNetworkSettings, sampling: dict[str, Any]) -> Strategy:
    """Return Flower's strategy of that name, with the settings that it understands."""
    kind: Callable[..., Strategy] = getattr(flower, settings.strategy)
    return kind(**sampling, **OPTIONS[settings.strategy](settings))
