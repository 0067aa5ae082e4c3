"""Each round of a run goes into the database as it happens."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

from sqlalchemy import bindparam, insert, update

from server.background_writer import Write, write_now
from server.database import rounds, runs
from server.rounds import RoundRecord
from server.run_store import JSON_COLUMNS, RunStore

NOTICE_SECONDS = 0.5
# A statement that is made once costs a tenth of one made anew.
_SET_MESSAGE = (
    update(runs).where(runs.c.id == bindparam("run")).values(message=bindparam("message_now"))
)
_INSERT_ROUND = insert(rounds)


class StoringObserver:
    """Writes each round of one run.

    Parameters
    ----------
    write : callable, optional
        Carries out the writing, for example `BackgroundWriter.write`.
    """

    def __init__(self, store: RunStore, run: str, write: Write = write_now) -> None:
        self._store = store
        self._run = run
        self._write = write
        self._unwritten: list[tuple[int, RoundRecord]] = []
        # What an earlier process of this run recorded stays, also of rounds that are asked again.
        self._position = self._written = len(store.rounds(run))
        self._lock = threading.Lock()
        self._notice = ""
        self._asked_at = 0.0
        self._watching = False

    def asked(self, question: str, model: str, number: int, hospitals: list[str]) -> None:
        """Say what is being asked now, unless it is answered before anybody could read it."""
        what = f"{model} round {number}" if model else question
        with self._lock:
            self._position += 1
            self._notice = f"{what}: {len(hospitals)} hospitals asked"
            self._asked_at = time.monotonic()
            if not self._watching:
                self._watch(NOTICE_SECONDS)

    def _watch(self, seconds: float) -> None:
        self._watching = True
        timer = threading.Timer(seconds, self._look)
        timer.daemon = True
        timer.start()

    def _look(self) -> None:
        """Announce the question that is out, when it has been out for long."""
        with self._lock:
            self._watching = False
            notice, age = self._notice, time.monotonic() - self._asked_at
            if notice and age < NOTICE_SECONDS:
                self._watch(NOTICE_SECONDS - age)
                return
        if notice:
            with self._store.engine.begin() as connection:
                connection.execute(_SET_MESSAGE, {"run": self._run, "message_now": notice})

    def answered(self, record: RoundRecord) -> None:
        """Write a finished round; an amended one replaces what was written."""
        with self._lock:
            self._notice = ""
            self._unwritten.append((self._position, record))
            waiting = len(self._unwritten) > 1
        # Rounds that end before the last ones are written go with them, before their checkpoint.
        if not waiting:
            self._write(self._write_rounds)

    def _write_rounds(self) -> None:
        with self._lock:
            finished, self._unwritten = dict(self._unwritten), []
        rows = [self._row(position, record) for position, record in finished.items()]
        new = [row for row in rows if row["position"] > self._written]
        amended = [row for row in rows if row["position"] <= self._written]
        with self._store.engine.begin() as connection:
            if new:
                connection.execute(_INSERT_ROUND, new)
            for row in amended:
                where = (rounds.c.run_id == self._run) & (rounds.c.position == row["position"])
                connection.execute(update(rounds).where(where).values(**row))
        self._written = max(self._written, *finished)

    def _row(self, position: int, record: RoundRecord) -> dict[str, Any]:
        row = record.model_dump()
        row["round_number"] = row.pop("number")
        for name in JSON_COLUMNS:
            row[name] = json.dumps(row[name])
        return {"run_id": self._run, "position": position, **row}
