"""Removing what was kept for long enough, also while nothing is sent."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType

from client.privacy.egress import EGRESS_FOLDER, KeptPayloads
from client.privacy.policy import Policy
from shared.errors import JuntosError

log = logging.getLogger("juntos.node")

SECONDS_BETWEEN = 3600.0


class Retention:
    """Looks at once and then every hour, beside whatever the node does, until the context ends.

    Parameters
    ----------
    home : Path
        The node's folder.
    policy : callable
        Returns the policy as it is now; raises SettingsError where it cannot be used.
    others : sequence of callable
        What else removes what it has kept for long enough.
    """

    def __init__(
        self,
        home: Path,
        policy: Callable[[], Policy],
        others: Sequence[Callable[[Policy], object]] = (),
    ) -> None:
        self._payloads = KeptPayloads(home / EGRESS_FOLDER)
        self._policy = policy
        self._others = others
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="juntos-retention", daemon=True)

    def __enter__(self) -> Retention:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while True:
            self.look()
            if self._ended.wait(SECONDS_BETWEEN):
                return

    def look(self) -> None:
        """Remove what is older than the policy says; without a policy, nothing."""
        try:
            policy = self._policy()
            self._payloads.remove_older(policy.keep_payloads_days)
            for remove in self._others:
                remove(policy)
        except JuntosError as error:
            log.warning("nothing is removed that was kept for long enough: %s", error)
        except OSError as error:
            log.warning("old copies of answers cannot be removed: %s", error.strerror)
