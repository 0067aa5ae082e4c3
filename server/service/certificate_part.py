"""The coordinator's certificate, as a part of its service: renewed, and then served."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from sqlalchemy.exc import SQLAlchemyError

from server.enrolment.renewal import renew_server_certificate
from server.home import CoordinatorHome
from server.scheduling.queue import RunQueue
from shared.errors import JuntosError
from shared.supervision.part import Part, PartState, changed, now

LOOK_SECONDS = 3600.0


class CertificatePart:
    """Renews the certificate while no run goes on, and has what serves with it start again.

    Parameters
    ----------
    home : CoordinatorHome
    serving : sequence of Part
        Nodes connect again by themselves.
    warn : callable
        Gets sentences for people.
    """

    name = "certificate"

    def __init__(
        self, home: CoordinatorHome, serving: Sequence[Part], warn: Callable[[str], None]
    ) -> None:
        self._home, self._serving, self._warn = home, serving, warn
        self._looked = float("-inf")
        self.state = PartState("up", now())

    def step(self) -> None:
        """Look every hour."""
        if time.monotonic() - self._looked < LOOK_SECONDS:
            return
        self._looked = time.monotonic()
        try:
            if RunQueue(self._home.engine()).running() is None:
                self._renew()
        except (JuntosError, SQLAlchemyError, OSError) as error:
            said = str(error) if isinstance(error, JuntosError) else type(error).__name__
            self._warn(f"The coordinator's certificate cannot be renewed: {said}")
            self.state = changed(self.state, "up", reason=said)

    def stop(self) -> None:
        """Do nothing: nothing runs."""

    def _renew(self) -> None:
        if renew_server_certificate(self._home):
            for each in self._serving:
                each.stop()
