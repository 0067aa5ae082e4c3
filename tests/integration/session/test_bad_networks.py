"""Streams over networks that are slow, lose data, break off or fall silent."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
from flwr.app import ConfigRecord, Message

from client.session.app import SessionClientApp
from server.session.grid import SessionGrid
from shared.processes import free_port
from shared.session.invitation import read_invitation
from tests.integration.session.conftest import OpenSession, adding_app, question, values
from tests.integration.session.hospitals import Exchange
from tests.integration.session.proxy import Proxy

HOSPITALS = (1, 2, 3)


@contextmanager
def behind_proxy(
    open_session: OpenSession, **options: object
) -> Iterator[tuple[SessionGrid, Exchange, Proxy]]:
    """Open a session in which hospital 2 is behind a bad network."""
    port = free_port()
    proxy = Proxy(port)

    def redirect(message: Message) -> None:
        if message.metadata.message_type == "query.session" and message.metadata.dst_node_id == 2:
            changed = read_invitation(message).model_copy(update={"address": proxy.address})
            message.content["invitation"] = ConfigRecord({"json": changed.model_dump_json()})

    for name, value in dict(options.pop("network", {})).items():  # type: ignore[call-overload]
        setattr(proxy, name, value)
    grid, exchange = open_session(3, port=port, watch=redirect, **options)
    try:
        yield grid, exchange, proxy
    finally:
        grid.close()
        proxy.close()


def ask(grid: SessionGrid, timeout: float, **wait: float) -> dict[int, Message]:
    kind = "query.slow" if wait else "train"
    messages = [question(node, kind=kind, **wait) for node in HOSPITALS]
    replies = grid.send_and_receive(messages, timeout=timeout)
    return {reply.metadata.src_node_id: reply for reply in replies if not reply.has_error()}


def asked(replies: dict[int, Message]) -> list[object]:
    return [replies[node].content["metrics"]["asked"] for node in sorted(replies)]


def test_200_milliseconds_of_delay_and_2_percent_loss(open_session: OpenSession) -> None:
    network = {"delay": 0.1, "loss": 0.02}
    with behind_proxy(open_session, network=network) as (grid, _, proxy):
        for number in (1, 2, 3):
            replies = ask(grid, 20)
            assert asked(replies) == [number] * 3
            np.testing.assert_array_equal(values(replies[2]), values(question(2)) + 1)
        assert proxy.connections == 1
        assert grid.without_stream == {}


@pytest.mark.parametrize("silently", [False, True])
def test_a_cut_of_10_seconds_in_mid_round(open_session: OpenSession, silently: bool) -> None:
    with behind_proxy(open_session) as (grid, exchange, proxy):

        def cut() -> None:
            time.sleep(0.3)
            proxy.refusing, proxy.silent = True, silently
            if not silently:
                proxy.break_all()
            time.sleep(10)
            proxy.refusing = proxy.silent = False

        threading.Thread(target=cut).start()
        replies = ask(grid, 40, seconds=1.0)
        assert asked(replies) == [1, 1, 1]
        # Answered once, by the same process: the answer was kept until the stream was back.
        assert asked(ask(grid, 20)) == [2, 2, 2]
        assert exchange.carried == ["query.session"] * 3


def test_who_stays_away_is_left_out_and_returns(open_session: OpenSession) -> None:
    with behind_proxy(open_session) as (grid, _, proxy):
        assert asked(ask(grid, 10)) == [1, 1, 1]
        proxy.refusing = True
        proxy.break_all()
        begun = time.monotonic()
        assert sorted(ask(grid, 2)) == [1, 3]
        # Its deadline, not the far longer time in which it may come back.
        assert time.monotonic() - begun < 12
        assert sorted(grid.get_node_ids()) == [1, 3]
        proxy.refusing = False
        deadline = time.monotonic() + 15
        while len(list(grid.get_node_ids())) < 3 and time.monotonic() < deadline:
            time.sleep(0.05)
        # It was asked in the round it missed only if the question reached it before the cut.
        assert sorted(ask(grid, 10)) == [1, 2, 3]


def test_a_stream_that_breaks_again_and_again(open_session: OpenSession) -> None:
    with behind_proxy(open_session) as (grid, exchange, proxy):
        stop = threading.Event()

        def tear() -> None:
            while not stop.wait(0.25):
                proxy.break_all()

        threading.Thread(target=tear).start()
        rounds = []
        while proxy.connections <= 4 and len(rounds) < 200:
            rounds.append(asked(ask(grid, 30, seconds=0.1)))
        stop.set()
        # A hospital that was never asked twice has counted exactly its answers.
        assert rounds == [[n + 1] * 3 for n in range(len(rounds))]
        assert proxy.connections > 4
        assert exchange.carried == ["query.session"] * 3


def test_a_hospital_without_a_way_out_is_served_by_flowers_messages(
    open_session: OpenSession,
) -> None:
    with behind_proxy(open_session, network={"refusing": True}) as (grid, exchange, _):
        assert sorted(grid.get_node_ids()) == [1, 2, 3]
        assert list(grid.without_stream) == [2]
        assert "no stream to the coordinator could be opened" in grid.without_stream[2]
        assert asked(ask(grid, 10)) == [1, 1, 1]
        assert exchange.carried.count("train") == 1


def test_a_hospital_whose_stream_hangs_is_served_by_flowers_messages(
    open_session: OpenSession,
) -> None:
    with behind_proxy(open_session, network={"silent": True}) as (grid, _, _):
        assert list(grid.without_stream) == [2]
        assert asked(ask(grid, 10)) == [1, 1, 1]


def test_an_app_that_knows_no_sessions_is_served_by_flowers_messages(
    open_session: OpenSession,
) -> None:
    apps = {1: SessionClientApp(adding_app()), 2: adding_app(), 3: SessionClientApp(adding_app())}
    grid, _ = open_session(apps=apps)
    assert list(grid.without_stream) == [2]
    assert asked(ask(grid, 10)) == [1, 1, 1]


def test_a_node_that_is_killed_ends_nobodys_round(open_session: OpenSession) -> None:
    with behind_proxy(open_session, reconnect_timeout=3) as (grid, exchange, proxy):

        def kill() -> None:
            time.sleep(0.3)
            proxy.refusing = True
            proxy.break_all()
            exchange.online.discard(2)

        threading.Thread(target=kill).start()
        begun = time.monotonic()
        messages = [question(node, kind="query.slow", seconds=1.0) for node in HOSPITALS]
        replies = list(grid.send_and_receive(messages, timeout=60))
        assert time.monotonic() - begun < 10
        lost = next(reply for reply in replies if reply.has_error())
        assert lost.metadata.src_node_id == 2
        assert len(replies) == 3
        assert sorted(grid.get_node_ids()) == [1, 3]
