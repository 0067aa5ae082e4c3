"""One program, as a part of a service: started, watched, and started again when it ended."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from shared.errors import JuntosError
from shared.processes import ChildProcess
from shared.supervision.backoff import Backoff
from shared.supervision.part import PartState, changed, how_ended, now

SHOWN_CHARACTERS = 300


@dataclass(frozen=True)
class Program:
    """What a part runs.

    Attributes
    ----------
    title : str
        As sentences speak of it: ``The SuperLink``.
    launch : callable
        Starts it. A JuntosError says why it cannot be.
    ready : callable
        Says of a process that runs whether it does its work.
    start_seconds : float
        After which one that is not ready is started again.
    stop_seconds : float
        That it has to end.
    """

    title: str
    launch: Callable[[], ChildProcess]
    ready: Callable[[ChildProcess], bool]
    start_seconds: float = 180.0
    stop_seconds: float = 10.0


class ChildPart:
    """Keeps one program running.

    Parameters
    ----------
    name : str
    program : Program
    backoff : Backoff
    warn : callable
        Gets a sentence whenever it ended by itself.
    after : callable, optional
        Whether what it needs is there; it is not started before.
    must_begin : bool
        One that has never been ready ends the service: somebody has to correct its settings.
    became_ready : callable, optional
        Called each time that it is ready.
    off : str
        Why it is not wanted; empty where it is.
    """

    def __init__(
        self,
        name: str,
        program: Program,
        backoff: Backoff,
        warn: Callable[[str], None],
        *,
        after: Callable[[], bool] = lambda: True,
        must_begin: bool = False,
        became_ready: Callable[[], None] = lambda: None,
        off: str = "",
    ) -> None:
        self.name = name
        self._program, self._backoff, self._warn = program, backoff, warn
        self._after, self._must_begin, self._became_ready = after, must_begin, became_ready
        self._child: ChildProcess | None = None
        self._wanted, self._was_ready = not off, False
        self._begun = 0.0
        self.state = PartState("off" if off else "starting", now(), reason=off)

    @property
    def is_up(self) -> bool:
        """Whether it does its work."""
        return self.state.state == "up" and self._child is not None and self._child.running

    @property
    def process(self) -> ChildProcess | None:
        """What runs now."""
        return self._child

    def step(self) -> None:
        """Start it, see whether it is ready, or say how it ended.

        Raises
        ------
        JuntosError
            When it cannot begin and must.
        """
        if not self._wanted:
            return
        if self._child is None:
            if self._backoff.due and self._after():
                self._start()
        elif not self._child.running:
            self._ended(self._child)
        elif self.state.state != "up":
            self._look(self._child)

    def stop(self) -> None:
        """End it."""
        child, self._child = self._child, None
        if child is not None:
            child.stop(self._program.stop_seconds)

    def _start(self) -> None:
        try:
            self._child = self._program.launch()
        except JuntosError as error:
            self._failed(error)
            return
        self._begun = time.monotonic()
        self._backoff.started()
        self.state = changed(self.state, "starting", reason=self.state.reason)

    def _look(self, child: ChildProcess) -> None:
        if self._program.ready(child):
            self._was_ready = True
            self.state = changed(self.state, "up", reason=self.state.reason)
            self._became_ready()
        elif time.monotonic() - self._begun > self._program.start_seconds:
            self.stop()
            title, seconds = self._program.title, self._program.start_seconds
            self._failed(JuntosError(f"{title} was not ready after {seconds:.0f} s."))

    def _ended(self, child: ChildProcess) -> None:
        self.stop()
        title, how = self._program.title, how_ended(child.exit_code)
        last = "" if self._was_ready else last_words(child)
        verb = "ended by itself" if self._was_ready else "did not start"
        said = f"{title} {verb} ({how}).{last}"
        self._failed(JuntosError(said, f"Its log is {child.log_file}."))

    def _failed(self, error: JuntosError) -> None:
        wait = self._backoff.failed()
        if self._must_begin and not self._was_ready:
            raise error
        if str(error) != self.state.reason or self.state.state == "up":
            self._warn(f"{error} It is started again in {wait:.0f} s.")
        self.state = changed(self.state, "restarting", restarts=1, reason=str(error))


def last_words(child: ChildProcess) -> str:
    """Return the last line that a program wrote."""
    lines = [line.strip() for line in child.log_text().splitlines() if line.strip()]
    return f" {lines[-1][:SHOWN_CHARACTERS]}" if lines else ""
