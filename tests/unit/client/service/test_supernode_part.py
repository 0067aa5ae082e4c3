"""The SuperNode as a part: a program that ends as SuperNodes do stands for it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from client.coordinator_connection import NoMemberError
from client.home import open_home
from client.privacy.policy import Policy
from client.service import supernode_part
from client.service.supernode_part import TRIES_TO_BEGIN, SuperNodePart
from shared.errors import ConnectionRefusedByPeerError, JuntosError
from shared.processes import wait_until
from shared.supervision.backoff import Backoff

CONNECTED = "print('SuperNode ID: 7', flush=True); import time; time.sleep(60)"
REFUSED = "print('[code: 2004] no such node'); raise SystemExit(1)"
SURPRISE = "raise SystemExit(3)"
DROPPED = "print('SuperNode ID: 7', flush=True); import time; time.sleep(0.3); raise SystemExit(3)"


@dataclass
class Watched:
    part: SuperNodePart
    told: list[str] = field(default_factory=list)

    def step_until(self, condition: Callable[[], bool]) -> None:
        def reached() -> bool:
            self.part.step()
            return condition()

        assert wait_until(reached, 30, interval=0.02), self.part.state


Watch = Callable[..., Watched]


@pytest.fixture
def watch(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watch]:
    (home / "logs").mkdir()
    parts: list[SuperNodePart] = []

    def open_part(program: str, *, alone: bool, stranger: bool = True) -> Watched:
        command = [sys.executable, "-c", program]
        monkeypatch.setattr(supernode_part, "node_command", lambda *_: command)
        told: list[str] = []
        part = SuperNodePart(
            open_home(home),
            Policy,
            Backoff(0.01),
            alone=lambda: alone,
            connected=lambda: told.append("connected"),
            waiting=lambda: told.append("waiting"),
            why_no_member=lambda: NoMemberError("nobody's key") if stranger else None,
            warn=told.append,
        )
        parts.append(part)
        return Watched(part, told)

    yield open_part
    for part in parts:
        part.stop()


def test_a_connection_is_told_once(watch: Watch) -> None:
    watched = watch(CONNECTED, alone=True)
    watched.step_until(lambda: watched.part.state.state == "up")
    watched.part.step()
    assert watched.told == ["connected"]


def test_a_refusal_ends_a_node_that_does_nothing_else(watch: Watch) -> None:
    watched = watch(REFUSED, alone=True)
    with pytest.raises(ConnectionRefusedByPeerError, match="nobody's key"):
        watched.step_until(lambda: False)


def test_a_member_that_was_cut_off_waits_until_that_was_noticed(watch: Watch) -> None:
    watched = watch(REFUSED, alone=True, stranger=False)
    watched.step_until(lambda: watched.part.state.restarts > TRIES_TO_BEGIN)
    assert "last connection" in watched.told[0]
    assert "last connection" in watched.part.state.reason


def test_a_refusal_takes_no_answers_away(watch: Watch) -> None:
    watched = watch(REFUSED, alone=False)
    watched.step_until(lambda: watched.part.state.restarts >= 2)
    assert "nobody's key" in watched.told[0]
    assert "nobody's key" in watched.part.state.reason


def test_one_that_never_begins_is_no_service(watch: Watch) -> None:
    watched = watch(SURPRISE, alone=True)
    with pytest.raises(JuntosError, match="ended by itself"):
        watched.step_until(lambda: False)
    assert watched.part.state.restarts == supernode_part.TRIES_TO_BEGIN - 1


def test_one_that_worked_is_started_again_and_says_why(watch: Watch) -> None:
    watched = watch(DROPPED, alone=True)
    watched.step_until(lambda: watched.part.state.restarts >= 1)
    watched.step_until(lambda: watched.part.state.state == "up")
    assert watched.told[0] == "connected"
    assert "supernode.log" in watched.told[1]
    assert "exit code 3" in watched.told[1]
    assert "SuperNode ID: 7" in watched.told[1]
    assert "started again" in watched.told[1]
