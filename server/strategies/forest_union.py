"""Random forests by union: every hospital's trees, weighed by its rows."""

from __future__ import annotations

from collections.abc import Iterable

from flwr.app import ArrayRecord, Message, MetricRecord
from flwr.serverapp.strategy import FedAvg

from server.strategies.replies import arrays_and_rows
from shared.models.random_forest import unite
from shared.questions import array_record


class ForestUnion(FedAvg):
    """Flower's sampling; the shared forest holds all trees of all hospitals."""

    def aggregate_train(
        self, server_round: int, replies: Iterable[Message]
    ) -> tuple[ArrayRecord | None, MetricRecord | None]:
        """Unite the hospitals' forests."""
        del server_round
        forests = arrays_and_rows(replies)
        return (array_record(unite(forests)), None) if forests else (None, None)
