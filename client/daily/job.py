"""A day's work: what is new in the source is answered, each record once."""

from __future__ import annotations

import fcntl
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from client.api.answering import Answering, Question
from client.daily.reading import DailySource, SourceRecord, read_daily
from client.daily.record_book import PickedUp, RecordBook, finished_day
from client.serving.services import NodeServices
from shared.errors import DataError, JuntosError

log = logging.getLogger("juntos.daily")

FOLDER, LOCK = "daily", ".lock"
CALLER = "daily job"
# Answers that are written down together; a kill costs at most so many answers again.
PIECE = 200
GONE = "It was changed or removed in the source before it was answered."
FAILED = "The node failed at this record"

# Records done, of how many.
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Done:
    """What a day's work came to.

    Attributes
    ----------
    day : str
    answered, failed, known : int
        Records of the day, whichever time the job ran.
    new : int
        Records that this time picked up.
    rows_read, problem_count : int
    rows_set_aside : int
        Rows of the source with a problem.
    """

    day: str
    answered: int
    failed: int
    known: int
    new: int
    rows_read: int
    rows_set_aside: int
    problem_count: int


class DailyJob:
    """Answers what is new in the source.

    Before a record is answered it is written down with the id that its answer will have; the audit
    store takes an id once. Whatever cuts the job off, the next one finds by the id whether a record
    was answered, so that each is answered and stored exactly once.

    Parameters
    ----------
    services : NodeServices
    """

    def __init__(self, services: NodeServices) -> None:
        self._services = services
        self._answering = Answering(services)
        self.book = RecordBook(services.audit.engine)

    def run(self, day: date, *, begin: bool = False, progress: Progress | None = None) -> Done:
        """Answer what is new up to a day.

        Parameters
        ----------
        begin : bool
            Answer nothing: what is in the source now is known from here on.

        Raises
        ------
        DataError
            When the source cannot be used.
        NoModelError
            When no model is in service.
        AuditUnavailableError
            When answers cannot be written down.
        JuntosError
            When another daily job runs.
        """
        with self._alone():
            if not begin:
                # Before the source is read, which may take minutes.
                _ = self._services.store.active
            source = self._source(day)
            new = self._pick_up(source, day.isoformat(), begin=begin)
            if not begin:
                self._answer(source, progress)
            return self._finish(source, day.isoformat(), new)

    def _source(self, day: date) -> DailySource:
        try:
            return read_daily(self._services.home, day)
        except DataError as error:
            log.error("the source cannot be used: %s", error.what)
            raise

    def _pick_up(self, source: DailySource, day: str, *, begin: bool) -> int:
        known = self.book.known()
        new = [each.planned(day) for each in source.records if each.record not in known]
        if begin:
            new = [_known(each) for each in new]
        self.book.plan(new)
        return len(new)

    def _answer(self, source: DailySource, progress: Progress | None) -> None:
        """Answer all that is planned, of this day or of one that was cut off."""
        planned = self.book.planned()
        there = {each.record: each for each in source.records}
        already = self.book.answered(planned)
        self.book.finish([each for each in planned if each.prediction in already], "answered")
        left = [each for each in planned if each.prediction not in already]
        self.book.finish([each for each in left if each.record not in there], "failed", GONE)
        left = [each for each in left if each.record in there]
        for start in range(0, len(left), PIECE):
            # A patient may have been erased since.
            piece = self.book.still_planned(left[start : start + PIECE])
            if not piece:
                continue
            self._answer_piece(piece, [there[each.record] for each in piece], source)
            if progress is not None:
                progress(min(start + PIECE, len(left)), len(left))

    def _answer_piece(
        self, piece: Sequence[PickedUp], records: Sequence[SourceRecord], source: DailySource
    ) -> None:
        """Answer some records together; where that fails, one by one, to set the bad ones aside."""
        questions = [
            Question(case=source.case(record), patient=each.patient, id=each.prediction)
            for each, record in zip(piece, records, strict=True)
        ]
        request = f"{CALLER} {piece[0].day}"
        try:
            self._answering.answer(questions, CALLER, request)
        except JuntosError:
            # Of the model or the store, not of a record: the next job goes on from here.
            raise
        except Exception as error:
            if len(piece) == 1:
                # What it says may hold a patient's value.
                self.book.finish(piece, "failed", f"{FAILED} ({type(error).__name__}).")
                return
            for each, record in zip(piece, records, strict=True):
                self._answer_piece([each], [record], source)
            return
        self.book.finish(piece, "answered")
        if self._answering.is_challenged:
            self._answering.challenge(questions, CALLER, request)

    def _finish(self, source: DailySource, day: str, new: int) -> Done:
        loaded = source.loaded
        self.book.write_day(
            finished_day(
                day, loaded.source, loaded.rows_read, loaded.problem_count, loaded.problems
            )
        )
        counts = self.book.counts(day)
        return Done(
            day=day,
            answered=counts.get("answered", 0),
            failed=counts.get("failed", 0),
            known=counts.get("known", 0),
            new=new,
            rows_read=loaded.rows_read,
            rows_set_aside=loaded.rows_set_aside,
            problem_count=loaded.problem_count,
        )

    @contextmanager
    def _alone(self) -> Iterator[None]:
        folder = daily_folder(self._services.home.path)
        with (folder / LOCK).open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise JuntosError(
                    "Another daily job runs.", "Wait until it has ended; it answers the same."
                ) from None
            yield


def daily_folder(home: Path) -> Path:
    """Return where the days' reports are; nobody else may look into it."""
    folder = home / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _known(record: PickedUp) -> PickedUp:
    return PickedUp(record.record, record.day, record.patient, record.row, "", "known")
