"""SCAFFOLD (Karimireddy et al. 2020): hospitals' steps, corrected for how their rows differ."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from flwr.app import ArrayRecord, ConfigRecord, Message, MetricRecord, RecordDict
from flwr.serverapp import Grid
from flwr.serverapp.strategy import FedAvg

from server.strategies.replies import answered_arrays, answered_figures, answered_rows
from shared.models.base import Arrays
from shared.models.figures import STEPS
from shared.questions import CORRECTION_KEY, array_record, read_arrays


class Scaffold(FedAvg):
    """FedAvg, with a control for each hospital that the server keeps.

    A hospital's control is its mean gradient of the last round, as its update shows it (option II
    of the paper); what it is sent is the mean of all controls less its own. Hospitals keep nothing.

    Parameters
    ----------
    learning_rate : float
        Of the hospitals' steps.
    """

    def __init__(self, *, learning_rate: float, **sampling: Any) -> None:  # noqa: ANN401 - Flower's own
        super().__init__(**sampling)
        self.learning_rate = learning_rate
        # By ``node/name`` and by node; the run's checkpoints keep both.
        self.controls: Arrays = {}
        self.rows: Arrays = {}
        self._shared: Arrays = {}
        self._sent: dict[int, Arrays] = {}

    def configure_train(
        self, server_round: int, arrays: ArrayRecord, config: ConfigRecord, grid: Grid
    ) -> Iterable[Message]:
        """Send each hospital the shared model and a correction of its own."""
        self._shared = read_arrays(arrays)
        messages = list(super().configure_train(server_round, arrays, config, grid))
        mean = self._mean([message.metadata.dst_node_id for message in messages])
        return [self._corrected(message, mean) for message in messages]

    def _corrected(self, message: Message, mean: Arrays) -> Message:
        node = message.metadata.dst_node_id
        own = self._control(node)
        self._sent[node] = {name: (mean[name] - own[name]).astype(np.float32) for name in mean}
        content = RecordDict(dict(message.content))
        content[CORRECTION_KEY] = array_record(self._sent[node])
        return Message(content, node, message.metadata.message_type)

    def aggregate_train(
        self, server_round: int, replies: Iterable[Message]
    ) -> tuple[ArrayRecord | None, MetricRecord | None]:
        """Average the models; keep what each update says of its hospital's gradient."""
        good = [reply for reply in replies if not reply.has_error()]
        for reply in good:
            self._keep(reply)
        return super().aggregate_train(server_round, good)

    def _keep(self, reply: Message) -> None:
        node, trained = reply.metadata.src_node_id, answered_arrays(reply)
        length = answered_figures(reply)[STEPS] * self.learning_rate
        for name, shared in self._shared.items():
            moved = (shared - trained[name]) / length
            self.controls[f"{node}/{name}"] = moved - self._sent[node][name]
        self.rows[f"node {node}"] = np.array([answered_rows(reply)])

    def _control(self, node: int) -> Arrays:
        return {
            name: self.controls.get(f"{node}/{name}", np.zeros_like(each))
            for name, each in self._shared.items()
        }

    def _mean(self, nodes: list[int]) -> Arrays:
        """Weigh controls as models are weighed, so that at the optimum they cancel."""
        known = [node for node in nodes if f"node {node}" in self.rows]
        total = sum(float(self.rows[f"node {node}"][0]) for node in known)
        mean = {name: np.zeros_like(each) for name, each in self._shared.items()}
        for node in known:
            for name, control in self._control(node).items():
                mean[name] += control * (float(self.rows[f"node {node}"][0]) / total)
        return mean
