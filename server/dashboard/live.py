"""Pages that change by themselves: the browser is told what changed, and asks for that part."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Mapping

from fastapi import APIRouter, Request
from sqlalchemy import Connection, Engine, func, select
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.responses import Response

from server.dashboard.frame import Viewer
from server.dashboard.presence import presences
from server.database import candidates, hospitals, rounds, run_requests, runs, watch_answers
from server.home import CoordinatorHome

# What changes at once; a person sees no difference to less.
EVERY_SECONDS = 1.0
# A stream is asked for again after so long, so that nobody stays who may not any more.
LONGEST_SECONDS = 300.0
TOPICS = ("runs", "queue", "candidates", "watches", "hospitals")

Stamps = Mapping[str, str]


class Changes:
    """Says what changed in a federation; however many pages ask, it is read once a second.

    Parameters
    ----------
    home : CoordinatorHome
    clock : callable
    """

    def __init__(self, home: CoordinatorHome, clock: Callable[[], float] = time.monotonic) -> None:
        self._home, self._clock = home, clock
        self._lock = threading.Lock()
        self._read_at = -EVERY_SECONDS
        self._stamps: Stamps = {}

    def stamps(self) -> Stamps:
        """Return a text for each topic, which is another one when something changed."""
        with self._lock:
            if self._clock() - self._read_at >= 0.9 * EVERY_SECONDS:
                self._stamps, self._read_at = read_stamps(self._home), self._clock()
            return self._stamps


def read_stamps(home: CoordinatorHome) -> Stamps:
    """Read what would be different after a change."""
    engine: Engine = home.engine()
    with engine.connect() as connection:
        found = {
            "runs": _of_runs(connection),
            "queue": _row(connection, run_requests.c.status, run_requests.c.message),
            "candidates": _one(
                connection, func.count(candidates.c.id), func.sum(candidates.c.revision)
            ),
            "watches": _one(connection, func.max(watch_answers.c.made_at)),
            "hospitals": _row(connection, hospitals.c.name, hospitals.c.node_id),
        }
    up = sorted((node, each.is_up) for node, each in presences(home.path).items())
    return {**found, "hospitals": f"{found['hospitals']} {up}"}


def _of_runs(connection: Connection) -> str:
    newest = select(runs.c.id, runs.c.status, runs.c.message).order_by(runs.c.id.desc()).limit(3)
    said = [tuple(row) for row in connection.execute(newest)]
    written = select(func.max(rounds.c.position)).where(
        rounds.c.run_id == (said[0][0] if said else "")
    )
    return f"{said} {connection.execute(written).scalar()}"


def _one(connection: Connection, *columns: object) -> str:
    return str(tuple(connection.execute(select(*columns)).one()))  # type: ignore[call-overload]


def _row(connection: Connection, *columns: object) -> str:
    rows = connection.execute(select(*columns)).all()  # type: ignore[call-overload]
    return str([tuple(row) for row in rows])


def changed(before: Stamps, after: Stamps) -> list[str]:
    """Return the topics whose stamps differ."""
    return [topic for topic in TOPICS if before.get(topic) != after.get(topic)]


def live_events(home: CoordinatorHome) -> APIRouter:
    """Return the route of the stream of changes."""
    router = APIRouter()
    changes = Changes(home)

    async def events(request: Request) -> AsyncIterator[ServerSentEvent]:
        before = await asyncio.to_thread(changes.stamps)
        yield ServerSentEvent(event="ready", data="", retry=2000)
        for _ in range(int(LONGEST_SECONDS / EVERY_SECONDS)):
            await asyncio.sleep(EVERY_SECONDS)
            if await request.is_disconnected():
                return
            after = await asyncio.to_thread(changes.stamps)
            topics = changed(before, after)
            before = after
            if topics:
                yield ServerSentEvent(event="changed", data=" ".join(topics))

    @router.get("/events")
    async def stream(request: Request, _account: Viewer) -> Response:
        return EventSourceResponse(events(request), headers={"Cache-Control": "no-store"})

    return router
