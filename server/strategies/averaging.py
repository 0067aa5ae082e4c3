"""Averaging strategies, Flower's own but for SCAFFOLD, by the name in the run's settings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flwr.serverapp import strategy as flower
from flwr.serverapp.strategy import Strategy

from server.strategies.scaffold import Scaffold
from shared.models.neural_network_settings import NeuralNetworkSettings, StrategyName


def adaptive(settings: NeuralNetworkSettings) -> dict[str, Any]:
    """Return the options of strategies with an optimiser at the server."""
    return {"eta": settings.server_learning_rate, "tau": settings.damping}


def malicious(settings: NeuralNetworkSettings) -> dict[str, Any]:
    """Return the options of strategies that leave liars out."""
    return {"num_malicious_nodes": settings.malicious_hospitals}


# Each returns the options that its strategy takes beyond those of sampling.
OPTIONS: dict[StrategyName, Callable[[NeuralNetworkSettings], dict[str, Any]]] = {
    "FedAvg": lambda _: {},
    "FedProx": lambda settings: {"proximal_mu": settings.proximal_mu},
    "SCAFFOLD": lambda settings: {"learning_rate": settings.learning_rate},
    "FedAvgM": lambda settings: {
        "server_learning_rate": settings.server_learning_rate,
        "server_momentum": settings.server_momentum,
    },
    "FedAdam": adaptive,
    "FedYogi": adaptive,
    "FedAdagrad": adaptive,
    "FedMedian": lambda _: {},
    "FedTrimmedAvg": lambda settings: {"beta": settings.trimmed_share},
    "Krum": malicious,
    "MultiKrum": lambda settings: {
        **malicious(settings),
        "num_nodes_to_select": settings.selected_hospitals,
    },
}


def averaging(settings: NeuralNetworkSettings, sampling: dict[str, Any]) -> Strategy:
    """Return Flower's strategy of that name, with the settings that it understands."""
    kind: Callable[..., Strategy] = (
        Scaffold if settings.strategy == "SCAFFOLD" else getattr(flower, settings.strategy)
    )
    return kind(**sampling, **OPTIONS[settings.strategy](settings))
