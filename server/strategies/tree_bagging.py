"""Boosted trees by bagging: every round adds each hospital's new trees, weighed by its rows."""

from __future__ import annotations

from collections.abc import Iterable

from flwr.app import ArrayRecord, ConfigRecord, Message, MetricRecord
from flwr.serverapp import Grid
from flwr.serverapp.strategy import FedAvg

from server.strategies.replies import arrays_and_rows
from shared.models.boosted_trees import merge_rounds
from shared.questions import array_record, read_arrays


class TreeBagging(FedAvg):
    """Flower's sampling with our merge, right for any number of classes (see docs/decisions)."""

    def configure_train(
        self, server_round: int, arrays: ArrayRecord, config: ConfigRecord, grid: Grid
    ) -> Iterable[Message]:
        """Remember the shared model, on which this round's trees will be put."""
        self.current = read_arrays(arrays)
        return super().configure_train(server_round, arrays, config, grid)

    def aggregate_train(
        self, server_round: int, replies: Iterable[Message]
    ) -> tuple[ArrayRecord | None, MetricRecord | None]:
        """Put the hospitals' trees on the shared model."""
        del server_round
        parts = arrays_and_rows(replies)
        if not parts:
            return None, None
        return array_record(merge_rounds(self.current, parts)), None
