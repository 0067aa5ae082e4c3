"""Questions to the ClientApps of these tests."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from flwr.app import Array, ArrayRecord, Message, RecordDict

from shared.session.in_process import AppFactory, SimulatedHospital
from tests.unit.shared.session.apps import counting_app


def questions_to(nodes: Iterable[int]) -> list[Message]:
    content = RecordDict({"arrays": ArrayRecord({"a": Array(np.arange(3.0))})})
    return [Message(content, node, "train") for node in nodes]


def counting_hospitals(
    count: int, seconds: dict[int, float] | None = None
) -> dict[int, SimulatedHospital]:
    return {
        node: SimulatedHospital(AppFactory(counting_app, (node, (seconds or {}).get(node, 0.0))))
        for node in range(1, count + 1)
    }


def nodes_of(replies: Iterable[Message]) -> list[int]:
    return [reply.metadata.src_node_id for reply in replies]


def counts_of(replies: Iterable[Message]) -> list[object]:
    return [reply.content.metric_records["metrics"]["count"] for reply in replies]


def arrays_of(replies: Iterable[Message]) -> list[list[float]]:
    return [reply.content.array_records["arrays"]["a"].numpy().tolist() for reply in replies]
