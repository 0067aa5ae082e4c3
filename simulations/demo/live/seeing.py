"""What the coordinator's database says, as the demonstration follows it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from server.home import CoordinatorHome
from server.promotion.candidate import Candidate
from server.promotion.candidate_store import CandidateStore
from server.run_store import RunStore, StoredRun
from server.scheduling.queue import RunQueue
from server.scheduling.request import RunRequest
from server.watch.store import WatchStore
from shared.errors import JuntosError
from shared.watch.watch import Watch

Found = TypeVar("Found")
PAUSE = 1.0
# Far more than any step takes on a machine with other work.
PATIENCE = 900.0


class Seeing:
    """Waits for what the loop does by itself.

    Parameters
    ----------
    home : CoordinatorHome
    """

    def __init__(self, home: CoordinatorHome) -> None:
        self._engine = home.engine()
        self.candidates = CandidateStore(self._engine)
        self.watches = WatchStore(self._engine)
        self.queue = RunQueue(self._engine)
        self.runs = RunStore(self._engine)

    def wait_for(self, what: str, look: Callable[[], Found | None]) -> Found:
        """Return what is looked for, once it is there.

        Raises
        ------
        JuntosError
            When it does not come, or a run fails meanwhile.
        """
        until = time.monotonic() + PATIENCE
        while (found := look()) is None:
            self._refuse_failed()
            if time.monotonic() > until:
                raise JuntosError(f"Waited in vain for {what}.")
            time.sleep(PAUSE)
        return found

    def candidate_in(self, *states: str, after: str = "") -> Candidate | None:
        """Return the newest candidate if it is in one of some states; of a run after one."""
        found = [each for each in self.candidates.all() if each.id > after]
        newest = max(found, key=lambda each: each.id, default=None)
        if newest is not None and newest.state in ("rejected", "rolled_back"):
            why = newest.decision.sentence.en if newest.decision else newest.state
            raise JuntosError(f"{newest.id} did not come into use. {why}")
        if (
            newest is not None
            and newest.state == "waits_for_approval"
            and newest.state not in states
        ):
            why = newest.decision.sentence.en if newest.decision else ""
            raise JuntosError(f"{newest.id} waits for a person. {why}")
        return newest if newest is not None and newest.state in states else None

    def watch_after(self, moment: str) -> Watch | None:
        """Return the first watch that was made after a moment (ISO 8601, UTC)."""
        return next((each for each in self.watches.history(moment) if each.made > moment), None)

    def triggered(self) -> RunRequest | None:
        """Return the learning run that a trigger asked for."""
        asked = [each for each in self.queue.all() if each.requested_by == "trigger"]
        return next((each for each in asked if each.kind == "learn"), None)

    def run(self, identifier: str) -> StoredRun:
        """Return a run."""
        return self.runs.read(identifier)

    def _refuse_failed(self) -> None:
        for each in self.queue.all():
            if each.status == "failed" and each.kind != "watch":
                raise JuntosError(f"{each.kind} {each.run_id or each.id} failed: {each.message}")
