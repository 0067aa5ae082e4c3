"""How the run of a request is doing: what the database and Flower say of it, together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from server.run_store import ENDED, RunStore
from server.scheduling.runner import FINISHED, Runner

RunState = Literal["not_started", "alive", "ended", "dead"]


def state_of_run(store: RunStore, runner: Runner, run: str) -> RunState:
    """Return where a run is.

    ``dead``: its process has ended, and could not write down how the run did. ``not_started``:
    nothing carries it out, though it was about to be started.

    Raises
    ------
    JuntosError
        When nobody can tell now.
    """
    if store.read(run).status in ENDED:
        return "ended"
    known = runner.known()
    name = store.read(run).flower_run_id or adopted(store, known, run)
    if name is None:
        return "not_started"
    if not known.get(name, FINISHED).startswith(FINISHED):
        return "alive"
    # It may have written its end while Flower was asked.
    return "ended" if store.read(run).status in ENDED else "dead"


def adopted(store: RunStore, known: Mapping[str, str], run: str) -> str | None:
    """Find what was started for a run by a coordinator that was killed before it could say so.

    One run goes on at a time, so what lives and belongs to no other run is this one's.
    """
    taken = {each.flower_run_id for each in store.all()}
    alive = [
        name
        for name, state in known.items()
        if name not in taken and not state.startswith(FINISHED)
    ]
    for name in alive:
        if store.attach(run, name):
            return name
    return None
