"""One part of the service, as the supervisor sees it, and how it is told to people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, Protocol

State = Literal["off", "starting", "up", "restarting"]


@dataclass(frozen=True)
class PartState:
    """How a part is doing.

    Attributes
    ----------
    state : {"off", "starting", "up", "restarting"}
    since : str
        ISO 8601, UTC.
    restarts : int
        Since the service started.
    reason : str
        Why it ended the last time, or why it is off; never a patient's value.
    """

    state: State
    since: str
    restarts: int = 0
    reason: str = ""


class Part(Protocol):
    """What runs beside others and is looked after; leaving the context ends it."""

    name: str
    state: PartState

    def step(self) -> None:
        """Look after it; returns soon."""

    def stop(self) -> None:
        """End it."""


def now() -> str:
    """Return the time as it is written down."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def changed(old: PartState, state: State, *, restarts: int = 0, reason: str = "") -> PartState:
    """Return a part's next state; `since` stays where the state does."""
    since = old.since if old.state == state else now()
    return PartState(state, since, old.restarts + restarts, reason)


def how_ended(exit_code: int | None) -> str:
    """Say how a program ended, in words."""
    code = exit_code or 0
    return f"killed by signal {-code}" if code < 0 else f"exit code {code}"
