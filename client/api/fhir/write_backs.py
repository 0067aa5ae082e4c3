"""RiskAssessments on their way to the hospital's FHIR server: queued, sent, tried again."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import Engine, delete, func, select, update

from client.api.background import Background
from client.api.tables import write_backs as table
from client.audit.vault import Vault
from shared.errors import JuntosError

log = logging.getLogger("juntos.api")

MOST_AT_ONCE = 50


class Server(Protocol):
    """Takes RiskAssessments."""

    def put(self, prediction: str, resource: Mapping[str, Any]) -> None:
        """Hand one over; once is enough, however often it is tried.

        Raises
        ------
        JuntosError
            When the server did not take it.
        """


@dataclass(frozen=True)
class Patience:
    """How long is tried.

    Attributes
    ----------
    longest_wait : timedelta
        Between two tries.
    keep : timedelta
    """

    longest_wait: timedelta
    keep: timedelta


class WriteBacks:
    """The queue, in the node's database and encrypted there.

    Parameters
    ----------
    engine : Engine
    vault : Vault
    server : Server
    patience : Patience
    """

    def __init__(self, engine: Engine, vault: Vault, server: Server, patience: Patience) -> None:
        self._engine = engine
        self._vault = vault
        self._server = server
        self._patience = patience
        self._background = Background("juntos-write-backs", self.send_due, log)

    def add(self, prediction: str, patient: str, resource: Mapping[str, Any]) -> None:
        """Queue a resource.

        Parameters
        ----------
        patient : str
            Pseudonym, by which it is found when the patient is erased.

        Raises
        ------
        SQLAlchemyError
            When it cannot be written down.
        """
        now = _text(datetime.now(UTC))
        row = {
            "prediction": prediction,
            "patient": patient,
            "sealed": self._vault.seal(_name(prediction), resource),
            "created": now,
            "due": now,
            "tries": 0,
            "problem": "",
        }
        with self._engine.begin() as connection:
            connection.execute(table.insert(), row)
        self._background.wake()

    def send_due(self) -> int:
        """Try what is due; return how many the server took."""
        now = datetime.now(UTC)
        with self._engine.begin() as connection:
            kept_since = _text(now - self._patience.keep)
            gone = connection.execute(delete(table).where(table.c.created < kept_since)).rowcount
        if gone:
            log.error("%d answers never reached the FHIR server and are given up", gone)
        chosen = select(table).where(table.c.due <= _text(now)).order_by(table.c.due)
        with self._engine.connect() as connection:
            rows = connection.execute(chosen.limit(MOST_AT_ONCE)).mappings().all()
        return sum(self._sent(dict(row)) for row in rows)

    def waiting(self) -> int:
        """Return how many the server has not taken yet."""
        with self._engine.connect() as connection:
            return connection.execute(select(func.count()).select_from(table)).scalar_one()

    def start(self) -> None:
        """Send from now on, in a thread of its own."""
        self._background.start()

    def stop(self) -> None:
        """End the thread; what is not sent stays in the queue."""
        self._background.stop()

    def _sent(self, row: dict[str, Any]) -> bool:
        if self._background.ended:
            return False
        chosen = table.c.prediction == row["prediction"]
        problem = self._problem(row)
        with self._engine.begin() as connection:
            if problem is None:
                connection.execute(delete(table).where(chosen))
                return True
            wait = min(self._patience.longest_wait, timedelta(seconds=2 ** min(row["tries"], 20)))
            changed = {
                "tries": row["tries"] + 1,
                "due": _text(datetime.now(UTC) + wait),
                "problem": problem,
            }
            connection.execute(update(table).where(chosen).values(changed))
        return False

    def _problem(self, row: dict[str, Any]) -> str | None:
        """Hand one over; return what went wrong, None where nothing did."""
        try:
            resource = self._vault.open(_name(row["prediction"]), row["sealed"])
            self._server.put(row["prediction"], resource)
        except JuntosError as error:
            if not row["tries"]:
                log.warning("an answer waits for the FHIR server: %s", error)
            return str(error)
        return None


def _name(prediction: str) -> str:
    return f"write-back {prediction}"


def _text(time: datetime) -> str:
    return time.isoformat(timespec="microseconds")
