"""The SuperNode and what runs its tasks, as one part of the service."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack

from client.executor import Executor
from client.home import NodeHome
from client.membership import StillConnectedError
from client.privacy.policy import Policy
from client.supernode import (
    CONNECTED,
    UnknownKeyError,
    executor_secret,
    explain_end,
    forget_apps,
    new_secret,
    node_command,
)
from shared.errors import ConnectionRefusedByPeerError, JuntosError
from shared.processes import ChildProcess, flower_environment, free_port
from shared.supervision.backoff import Backoff
from shared.supervision.part import PartState, changed, how_ended, now

CONNECT_PATIENCE = 15.0
# One that never connected and keeps ending is broken here, not at the coordinator.
TRIES_TO_BEGIN = 5
SHOWN_CHARACTERS = 300


class SuperNodePart:
    """Keeps the hospital connected to its federation.

    Parameters
    ----------
    home : NodeHome
    policy : callable
        Returns the hospital's policy as it is now.
    backoff : Backoff
    alone : callable
        Whether nothing else runs that an end of the service would take away.
    connected : callable
        Called once, when the coordinator has accepted the node.
    waiting : callable
        Called once when that takes long; the node goes on trying.
    why_no_member : callable
        Asks the coordinator; returns its refusal, or None for a member.
    warn : callable
        Gets a sentence whenever the SuperNode ended by itself.
    """

    name = "supernode"

    def __init__(
        self,
        home: NodeHome,
        policy: Callable[[], Policy],
        backoff: Backoff,
        alone: Callable[[], bool],
        connected: Callable[[], None],
        waiting: Callable[[], None],
        why_no_member: Callable[[], JuntosError | None],
        warn: Callable[[str], None],
    ) -> None:
        self._home, self._policy, self._backoff, self._alone = home, policy, backoff, alone
        self._connected, self._waiting, self._warn = connected, waiting, warn
        self._why_no_member = why_no_member
        self._failed_to_begin = 0
        self._running = ExitStack()
        self._child: ChildProcess | None = None
        self._executor: Executor | None = None
        self._begun = 0.0
        self._told = {"connected": False, "waiting": False}
        self.state = PartState("starting", now())

    def step(self) -> None:
        """Start it, run what waits, or say why it ended.

        Raises
        ------
        ConnectionRefusedByPeerError
            When the coordinator does not accept the node and nothing else runs here.
        JuntosError
            When it cannot be started and nothing else runs here.
        """
        if self._child is None or self._executor is None:
            if self._backoff.due:
                self._start()
        elif self._child.running:
            self._look_for_connection(self._child)
            self._executor.step()
        else:
            self._ended(self._child)

    def stop(self) -> None:
        """End it with all that it runs."""
        self._child = self._executor = None
        self._running.close()

    def _start(self) -> None:
        address, secret = f"127.0.0.1:{free_port()}", new_secret(executor_secret(self._home))
        forget_apps(self._home)
        environment = flower_environment(self._home.flower)
        log_file = self._home.logs / "supernode.log"
        command = node_command(self._home, address)
        self._child = self._running.enter_context(ChildProcess(command, environment, log_file))
        executor = Executor(self._home, address, secret, self._policy)
        self._executor = self._running.enter_context(executor)
        self._begun = time.monotonic()
        self._backoff.started()
        self.state = changed(self.state, "starting", reason=self.state.reason)

    def _look_for_connection(self, child: ChildProcess) -> None:
        if self.state.state == "up":
            return
        if CONNECTED in child.log_text():
            self.state = changed(self.state, "up", reason=self.state.reason)
            self._tell("connected", self._connected)
        elif time.monotonic() - self._begun > CONNECT_PATIENCE:
            # A hospital's node may be up before the coordinator is; it has all the time there is.
            self._tell("waiting", self._waiting)

    def _tell(self, what: str, tell: Callable[[], None]) -> None:
        if not self._told[what]:
            self._told[what] = True
            tell()

    def _ended(self, child: ChildProcess) -> None:
        error = explain_end(child.log_text(), self._home.settings.coordinator, str(child.log_file))
        self.stop()
        if isinstance(error, UnknownKeyError):
            # The same is said to one that was cut off and is back at once.
            error = self._why_no_member() or StillConnectedError()
        refused = isinstance(error, ConnectionRefusedByPeerError)
        wait = self._backoff.failed(hopeless=refused)
        if isinstance(error, StillConnectedError):
            self._say_why(str(error), wait)
        elif self._alone() and (refused or self._never_began()):
            raise error
        else:
            self._say_why(str(error) if refused else f"{error} {last_words(child)}", wait)

    def _never_began(self) -> bool:
        self._failed_to_begin += 1
        return not self._told["connected"] and self._failed_to_begin >= TRIES_TO_BEGIN

    def _say_why(self, why: str, wait: float) -> None:
        self.state = changed(self.state, "restarting", restarts=1, reason=why)
        self._warn(f"{why} It is started again in {wait:.0f} s.")


def last_words(child: ChildProcess) -> str:
    """Say how a SuperNode ended, and the last that it said; it never sees a record."""
    how = f"({how_ended(child.exit_code)})"
    lines = [line.strip() for line in child.log_text().splitlines() if line.strip()]
    return f"{how} {lines[-1][:SHOWN_CHARACTERS]}" if lines else how
