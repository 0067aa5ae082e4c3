"""Which hospitals are there, as the SuperLink heard of their nodes last."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from flwr.common.constant import HEARTBEAT_PATIENCE
from flwr.supercore.utils import int64_to_uint64

FILE = Path("superlink") / "superlink.db"
WAIT_SECONDS = 1.0


@dataclass(frozen=True)
class Presence:
    """What is known of one node.

    Attributes
    ----------
    is_up : bool
    last_seen : str
        UTC, ISO 8601.
    """

    is_up: bool
    last_seen: str


def presences(home: Path, now: datetime | None = None) -> Mapping[str, Presence]:
    """Return what the SuperLink knows of nodes, by their numbers; empty where it never ran.

    Its database is read and never written to. A node says every so many seconds that it is there,
    and counts as gone after missing `HEARTBEAT_PATIENCE` times.
    """
    file = home / FILE
    if not file.is_file():
        return {}
    try:
        address = f"file:{file}?mode=ro"
        with closing(sqlite3.connect(address, uri=True, timeout=WAIT_SECONDS)) as connection:
            rows = connection.execute(
                "SELECT node_id, online_until, heartbeat_interval FROM node "
                "WHERE online_until IS NOT NULL AND unregistered_at IS NULL"
            ).fetchall()
    except sqlite3.Error:
        # Being set up, or of another release: nothing is known, which is not the same as gone.
        return {}
    time = (now or datetime.now(UTC)).timestamp()
    return {
        str(int64_to_uint64(node)): _presence(until, interval or 0.0, time)
        for node, until, interval in rows
    }


def _presence(until: float, interval: float, now: float) -> Presence:
    last = until - HEARTBEAT_PATIENCE * interval if until > now else until
    seen = datetime.fromtimestamp(min(last, now), UTC).isoformat(timespec="seconds")
    return Presence(until > now, seen)
