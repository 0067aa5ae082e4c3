"""Questions and answers on streams between a real server and real clients, with TLS."""

from __future__ import annotations

import time

import httpx
import numpy as np
import pytest
from flwr.app import Array, ArrayRecord, ConfigRecord, Context, Message, RecordDict
from flwr.clientapp import ClientApp
from flwr.clientapp.typing import ClientAppCallable
from flwr.serverapp.strategy import FedAvg

from client.session.app import SessionClientApp
from shared.session.parts import OversizedMessageError
from tests.integration.session.conftest import OpenSession, adding_app, question, values


def test_every_hospital_answers_on_its_stream(open_session: OpenSession) -> None:
    grid, exchange = open_session(3)
    assert sorted(grid.get_node_ids()) == [1, 2, 3]
    for round_number in range(1, 4):
        replies = list(grid.send_and_receive([question(node) for node in (1, 2, 3)], timeout=10))
        assert sorted(reply.metadata.src_node_id for reply in replies) == [1, 2, 3]
        for reply in replies:
            np.testing.assert_array_equal(values(reply), values(question(1)) + 1)
            assert reply.content["metrics"]["asked"] == round_number
    assert exchange.carried == ["query.session"] * 3
    assert grid.without_stream == {}


def test_push_and_pull_as_flower_defines_them(open_session: OpenSession) -> None:
    grid, _ = open_session(2)
    identifiers = list(grid.push_messages([question(2), question(1)]))
    found: list[Message] = []
    while len(found) < 2:
        found += grid.pull_messages(identifiers)
    assert {reply.metadata.reply_to_message_id for reply in found} == set(identifiers)
    assert list(grid.pull_messages(identifiers)) == []


def test_a_model_of_200_megabytes_passes_both_ways(open_session: OpenSession) -> None:
    grid, _ = open_session(1)
    large = question(1, count=50_000_000)
    reply = next(iter(grid.send_and_receive([large], timeout=200)))
    assert values(reply).nbytes == 200_000_000
    np.testing.assert_array_equal(values(reply), values(large) + 1)
    assert grid.bytes_sent > 200_000_000
    assert grid.bytes_received > 200_000_000


def test_a_question_over_the_limit_is_refused_with_both_sizes(open_session: OpenSession) -> None:
    grid, _ = open_session(1, maximum_message_megabytes=1)
    with pytest.raises(OversizedMessageError, match=r"4\.0 MB is over the limit of 1\.0 MB"):
        grid.send_and_receive([question(1, count=1_000_000)], timeout=10)


def test_an_answer_over_the_limit_is_refused_with_both_sizes(open_session: OpenSession) -> None:
    grid, _ = open_session(1, maximum_message_megabytes=1)
    reply = next(iter(grid.send_and_receive([question(1, kind="query.large")], timeout=10)))
    assert reply.error.reason == "a message of 4.0 MB is over the limit of 1.0 MB"
    assert not next(iter(grid.send_and_receive([question(1)], timeout=10))).has_error()


def test_texts_travel_compressed_and_weights_as_they_are(open_session: OpenSession) -> None:
    grid, _ = open_session(1)
    before = grid.bytes_sent
    grid.send_and_receive([question(1, count=250_000)], timeout=10)
    weights = grid.bytes_sent - before
    text = Message(RecordDict({"text": ConfigRecord({"a": "fever " * 200_000})}), 1, "query.echo")
    before = grid.bytes_sent
    reply = next(iter(grid.send_and_receive([text], timeout=10)))
    assert reply.content["text"]["a"] == "fever " * 200_000
    assert weights > 1_000_000
    assert grid.bytes_sent - before < 100_000


def test_a_handler_that_raises_is_named_without_what_it_said(open_session: OpenSession) -> None:
    grid, _ = open_session(2)
    replies = list(
        grid.send_and_receive([question(1, kind="query.raise"), question(2)], timeout=10)
    )
    failed = next(reply for reply in replies if reply.has_error())
    assert failed.metadata.src_node_id == 1
    assert failed.error.reason.startswith("ValueError while answering query.raise")
    assert "Ana" not in failed.error.reason
    assert sum(not reply.has_error() for reply in replies) == 1


def test_who_is_late_is_left_out_and_back_in_the_next_round(open_session: OpenSession) -> None:
    grid, _ = open_session(2)
    begun = time.monotonic()
    slow = question(1, kind="query.slow", seconds=2.0)
    replies = list(grid.send_and_receive([slow, question(2)], timeout=1))
    assert time.monotonic() - begun < 1.8
    assert [reply.metadata.src_node_id for reply in replies] == [2]
    # Asked while it is still busy, and withdrawn before it can begin: never carried out.
    assert list(grid.send_and_receive([question(1)], timeout=0.2)) == []
    reply = next(iter(grid.send_and_receive([question(1)], timeout=10)))
    assert reply.content["metrics"]["asked"] == 2


def test_a_message_is_given_up_after_its_time_to_live(open_session: OpenSession) -> None:
    grid, _ = open_session(1)
    content = question(1, seconds=4.0).content
    identifiers = list(grid.push_messages([Message(content, 1, "query.slow", ttl=0.5)]))
    found: list[Message] = []
    deadline = time.monotonic() + 8
    while not found and time.monotonic() < deadline:
        found += grid.pull_messages(identifiers)
        time.sleep(0.05)
    assert "time to live" in found[0].error.reason


def test_a_process_that_dies_is_named_and_the_hospital_comes_back(
    open_session: OpenSession,
) -> None:
    grid, exchange = open_session(2)
    replies = list(grid.send_and_receive([question(1, kind="query.die"), question(2)], timeout=20))
    dead = next(reply for reply in replies if reply.metadata.src_node_id == 1)
    assert dead.has_error()
    deadline = time.monotonic() + 15
    while sorted(grid.get_node_ids()) != [1, 2] and time.monotonic() < deadline:
        time.sleep(0.1)
    assert exchange.carried == ["query.session"] * 3
    assert not next(iter(grid.send_and_receive([question(1)], timeout=10))).has_error()


def test_who_is_a_member_no_more_is_cut_off_and_not_let_in_again(
    open_session: OpenSession,
) -> None:
    ended: set[int] = set()
    grid, exchange = open_session(2, ended=lambda: ended)
    slow = question(1, kind="query.slow", seconds=8.0)
    begun = time.monotonic()
    identifiers = list(grid.push_messages([slow]))
    ended.add(1)
    found: list[Message] = []
    while not found and time.monotonic() - begun < 6:
        found += grid.pull_messages(identifiers)
        time.sleep(0.05)
    assert found[0].error.reason == "it is a member of the federation no more"
    assert list(grid.get_node_ids()) == [2]
    assert not next(iter(grid.send_and_receive([question(2)], timeout=10))).has_error()
    time.sleep(4)
    # Not invited again, though its node is still seen.
    assert exchange.carried == ["query.session"] * 2
    assert list(grid.get_node_ids()) == [2]


def test_a_stream_may_open_before_its_invitation_is_known_to_be_out(
    open_session: OpenSession,
) -> None:
    grid, exchange = open_session(2, sent=lambda: time.sleep(1))
    assert sorted(grid.get_node_ids()) == [1, 2]
    assert grid.without_stream == {}
    replies = list(grid.send_and_receive([question(1), question(2)], timeout=10))
    assert not any(reply.has_error() for reply in replies)
    assert len(replies) == 2
    assert exchange.carried == ["query.session"] * 2


def test_an_invitation_of_which_nobody_knows_whether_it_went_out(open_session: OpenSession) -> None:
    failures = iter([httpx.ConnectError("the SuperLink restarts")])

    def fail_once() -> None:
        if (failure := next(failures, None)) is not None:
            raise failure

    grid, exchange = open_session(1, sent=fail_once)
    deadline = time.monotonic() + 15
    while not grid.get_node_ids() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not next(iter(grid.send_and_receive([question(1)], timeout=10))).has_error()
    assert exchange.carried == ["query.session"]


def test_flowers_own_strategy_and_mods_run_unchanged(open_session: OpenSession) -> None:
    seen: list[str] = []

    def watching(message: Message, context: Context, call: ClientAppCallable) -> Message:
        seen.append(message.metadata.message_type)
        return call(message, context)

    app = ClientApp(mods=[watching])
    adding = adding_app()
    app.train()(lambda message, context: adding(message, context))
    grid, _ = open_session(apps={1: SessionClientApp(app), 2: SessionClientApp(app)})
    strategy = FedAvg(fraction_train=1.0, fraction_evaluate=0.0)
    initial = ArrayRecord({"values": Array(np.zeros(5, dtype=np.float32))})
    result = strategy.start(grid, initial, num_rounds=3, timeout=10)
    np.testing.assert_allclose(result.arrays["values"].numpy(), np.full(5, 3.0))
    assert seen == ["train"] * 6


def test_a_hundred_hospitals_at_once(open_session: OpenSession) -> None:
    grid, _ = open_session(100, join_timeout=60)
    nodes = sorted(grid.get_node_ids())
    assert len(nodes) == 100
    for _ in range(2):
        replies = list(grid.send_and_receive([question(node) for node in nodes], timeout=60))
        assert len(replies) == 100
        assert not any(reply.has_error() for reply in replies)
