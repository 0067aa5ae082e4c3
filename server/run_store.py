"""Runs and their rounds in the coordinator's database: what happened, written as it happens."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import Connection, Engine, func, insert, or_, select, update

from server.database import rounds, runs
from server.rounds import RoundRecord
from shared.errors import SettingsError
from shared.run_settings import RunSettings

RunStatus = Literal["starting", "running", "completed", "partial", "failed", "stopped"]
JSON_COLUMNS = ("invited", "answered", "left_out", "without_stream")
ENDED: tuple[RunStatus, ...] = ("completed", "partial", "failed", "stopped")


@dataclass(frozen=True)
class StoredRun:
    """One run as the database knows it.

    Attributes
    ----------
    message : str
        What it is doing now, or why it ended so.
    result : dict or None
        As `server.results.result_figures` writes it, with where the models are registered.
    """

    id: str
    status: RunStatus
    started_at: str
    ended_at: str | None
    contract_hash: str
    settings: RunSettings
    message: str
    result: dict[str, Any] | None
    flower_run_id: str | None


class RunStore:
    """Reads and writes runs."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def create(self, settings: RunSettings, contract_hash: str) -> str:
        """Write down a run that is about to start; return its id."""
        with self.engine.begin() as connection:
            return create_run(connection, settings, contract_hash)

    def change(self, run: str, **values: object) -> None:
        """Change columns of a run."""
        with self.engine.begin() as connection:
            connection.execute(update(runs).where(runs.c.id == run).values(**values))

    def attach(self, run: str, flower_run: str) -> bool:
        """Write down which of Flower's runs carries out a run; return whether it is that one.

        Of two of Flower's runs for the same run, the first is taken.
        """
        free = or_(runs.c.flower_run_id.is_(None), runs.c.flower_run_id == flower_run)
        query = update(runs).where(runs.c.id == run, free).values(flower_run_id=flower_run)
        with self.engine.begin() as connection:
            return connection.execute(query).rowcount == 1

    def finish(
        self, run: str, status: RunStatus, message: str, result: Mapping[str, Any] | None = None
    ) -> None:
        """Write down how a run ended; one that has ended stays as it did.

        The process of a run that was stopped may come to its own end a moment later.
        """
        text = None if result is None else json.dumps(result)
        query = update(runs).where(runs.c.id == run, runs.c.ended_at.is_(None))
        values = {"status": status, "message": message, "ended_at": now(), "result": text}
        with self.engine.begin() as connection:
            connection.execute(query.values(**values))

    def reopen(self, run: str) -> None:
        """Take back how a run ended, because it goes on."""
        self.change(
            run,
            status="starting",
            message="going on",
            ended_at=None,
            result=None,
            flower_run_id=None,
        )

    def read(self, run: str) -> StoredRun:
        """Return one run.

        Raises
        ------
        SettingsError
            When there is none of that name.
        """
        with self.engine.connect() as connection:
            row = connection.execute(select(runs).where(runs.c.id == run)).one_or_none()
        if row is None:
            raise SettingsError(
                f"There is no run {run!r}.", "`juntos coordinator runs` lists them."
            )
        return stored(row._asdict())

    def all(self) -> list[StoredRun]:
        """Return every run, oldest first."""
        with self.engine.connect() as connection:
            rows = connection.execute(select(runs).order_by(runs.c.id)).all()
        return [stored(row._asdict()) for row in rows]

    def rounds(self, run: str) -> list[RoundRecord]:
        """Return a run's finished rounds in order."""
        query = select(rounds).where(rounds.c.run_id == run).order_by(rounds.c.position)
        with self.engine.connect() as connection:
            return [round_of(row._asdict()) for row in connection.execute(query)]


def create_run(connection: Connection, settings: RunSettings, contract_hash: str) -> str:
    """Write down a run that is about to start, as part of a transaction; return its id."""
    count = connection.execute(select(func.count()).select_from(runs)).scalar_one()
    identifier = f"run-{count + 1:04d}"
    connection.execute(
        insert(runs).values(
            id=identifier,
            started_at=now(),
            status="starting",
            settings=settings.model_dump_json(),
            contract_hash=contract_hash,
            message="starting",
        )
    )
    return identifier


def now() -> str:
    """Return the time as the database keeps it: ISO 8601, UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def stored(row: Mapping[str, Any]) -> StoredRun:
    """Turn a database row into a run."""
    values = {name: row[name] for name in StoredRun.__dataclass_fields__}
    values["settings"] = RunSettings.model_validate_json(row["settings"])
    values["result"] = None if row["result"] is None else json.loads(row["result"])
    return StoredRun(**values)


def round_of(row: Mapping[str, Any]) -> RoundRecord:
    """Turn a database row into a round."""
    return RoundRecord(
        question=row["question"],
        model=row["model"],
        number=row["round_number"],
        seconds=row["seconds"],
        bytes_sent=row["bytes_sent"],
        bytes_received=row["bytes_received"],
        **{name: json.loads(row[name]) for name in JSON_COLUMNS},
        loss=row["loss"],
    )
