from __future__ import annotations

import numpy as np
from flwr.app import Message

from tests.integration.session.conftest import OpenSession, question


def values(reply: Message) -> np.ndarray:
    return reply.content["arrays"]["values"].numpy()


def test_every_hospital_answers_on_its_stream(open_session: OpenSession) -> None:
    grid, exchange = open_session(3)
    assert sorted(grid.get_node_ids()) == [1, 2, 3]
    for round_number in range(1, 4):
        replies = list(grid.send_and_receive([question(node) for node in (1, 2, 3)], timeout=10))
        assert sorted(reply.metadata.src_node_id for reply in replies) == [1, 2, 3]
        for reply in replies:
            np.testing.assert_array_equal(values(reply), np.ones(1000))
            assert reply.content["metrics"]["asked"] == round_number
    assert exchange.carried == ["query.session"] * 3
    assert grid.bytes_sent > 9 * 4000
    assert grid.bytes_received > 9 * 4000
