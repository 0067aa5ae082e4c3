"""One process's chain: whoever waits is written, in order, and released once it is on the disk."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import SimpleQueue

from sqlalchemy import Engine, select
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from client.audit.adding import add, last_of
from client.audit.entry import Draft, Entry
from client.audit.errors import AuditUnavailableError
from client.audit.identifier import new_id
from client.audit.tables import entries
from client.audit.transactions import HeldError, Transactions
from client.audit.unavailable import told, unavailable

# A disk that takes less for a commit is waited for by whoever brings entries.
QUICK_SECONDS = 0.003
SLOW_SECONDS = 0.01
NEWEST_SHARE = 0.2

log = logging.getLogger("juntos.node")

# Gets nothing once the entries are on the disk, or else why they may not be; from any thread.
Tell = Callable[[AuditUnavailableError | None], None]


@dataclass
class Waiting:
    """A call whose entries are to be written.

    Attributes
    ----------
    drafts : sequence of Draft
    tell : callable or None
        Of those that do not wait themselves.
    done : bool
    error : AuditUnavailableError or None
        Why the entries may not be there, once it is done.
    """

    drafts: Sequence[Draft]
    tell: Tell | None = None
    done: bool = False
    error: AuditUnavailableError | None = None


class ChainWriter:
    """Adds entries to a chain that nobody else writes.

    Whoever has the turn writes for all that wait at that moment, in one transaction: nobody waits
    for others to come, and the disk is never idle while anybody waits. The turn goes to threads
    that wait themselves; for calls that do not, to whoever brings them where the disk is quick, and
    to a thread of the writer's own where it is not: handing over takes longer than a quick disk.

    Parameters
    ----------
    engine : Engine
    largest_group : int
        Waiting calls that share a transaction; 1 gives each its own.
    """

    def __init__(self, engine: Engine, largest_group: int = 1) -> None:
        self.chain = new_id()
        self.transactions = 0
        self._transactions = Transactions(engine)
        self._largest_group = largest_group
        self._queue: deque[Waiting] = deque()
        self._turn = threading.Lock()
        self._last: Entry | None = None
        self._last_is_known = True
        # What transactions took lately; a database over the network is never quick.
        self._seconds = SLOW_SECONDS if self._transactions.are_local else float("inf")
        self._wakes: SimpleQueue[bool] = SimpleQueue()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    @property
    def waiting(self) -> int:
        """Calls that wait to be written."""
        return len(self._queue)

    def write(self, drafts: Sequence[Draft]) -> None:
        """Add entries, all or none; they are on the disk when this returns.

        Raises
        ------
        AuditUnavailableError
            When they may not be there.
        """
        mine = Waiting(drafts)
        self._queue.append(mine)
        with self._turn:
            while not mine.done:
                self._write_group()
        if mine.error is not None:
            raise mine.error

    def write_soon(self, calls: Sequence[Waiting]) -> None:
        """Add the entries of several calls, all of a call or none, without waiting for others."""
        self._queue.extend(calls)
        if self._seconds < QUICK_SECONDS and self._turn.acquire(blocking=False):
            try:
                self._write_all(patience=0.0)
            finally:
                self._turn.release()
        if self._queue:
            if self._thread is None:
                self._start()
            self._wakes.put(True)

    def check(self) -> None:
        """Return where entries could be added now.

        Raises
        ------
        AuditUnavailableError
        """
        with self._turn, told(), self._transactions.begin() as connection:
            connection.execute(select(entries.c.number).limit(1))

    def close(self) -> None:
        """Write for those that wait, and close the connection."""
        if self._thread is not None:
            self._wakes.put(False)
            self._thread.join()
        with self._turn:
            self._transactions.close()

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                thread = threading.Thread(target=self._serve, name="juntos-chain", daemon=True)
                thread.start()
                self._thread = thread

    def _serve(self) -> None:
        """Write for those that do not wait themselves, until the writer is closed."""
        while self._wakes.get():
            with self._turn:
                self._write_all()

    def _write_all(self, patience: float | None = None) -> None:
        """Write for all that wait, as long as nobody else holds the database for too long."""
        while self._queue:
            try:
                if not self._write_group(patience):
                    return
            except Exception as error:
                # Who waited was told; those who come next must not wait for ever.
                log.error("writing to the audit store failed: %s", type(error).__name__)

    def _write_group(self, patience: float | None = None) -> bool:
        """Write for those that wait; return whether nobody else held the database for too long.

        Without patience, those that wait go on waiting then, and otherwise are told so.
        """
        size = min(self._largest_group, len(self._queue))
        # By place: others append meanwhile, and only whose turn it is takes away.
        group = [self._queue[place] for place in range(size)]
        error: AuditUnavailableError | None = AuditUnavailableError(
            "The audit store was interrupted.", "Ask again."
        )
        try:
            error = self._try(group, patience)
        except HeldError:
            return False
        except BaseException:
            self._settle(group, error)
            raise
        self._settle(group, error)
        return True

    def _settle(self, group: Sequence[Waiting], error: AuditUnavailableError | None) -> None:
        for each in group:
            self._queue.popleft()
            each.error, each.done = each.error or error, True
            if each.tell is not None:
                each.tell(each.error)

    def _try(
        self, group: Sequence[Waiting], patience: float | None
    ) -> AuditUnavailableError | None:
        try:
            self._add([draft for each in group for draft in each.drafts], patience)
        except (SQLAlchemyError, OSError) as error:
            if isinstance(error, HeldError) and patience == 0:
                raise
            if not isinstance(error, IntegrityError) or len(group) == 1:
                return unavailable(error)
            # One of them must not keep the others from being written.
            for each in group:
                each.error = self._try([each], None)
        return None

    def _add(self, drafts: Sequence[Draft], patience: float | None) -> None:
        known, begun = self._last_is_known, time.perf_counter()
        with self._transactions.begin(patience) as connection:
            # Until it is known to be there: a lost connection does not tell whether it was.
            self._last_is_known = False
            last = self._last if known else last_of(connection, self.chain)
            placed = add(connection, self.chain, last, drafts)
        self._last, self._last_is_known = placed[-1], True
        self.transactions += 1
        if self._transactions.are_local:
            self._seconds += NEWEST_SHARE * (time.perf_counter() - begun - self._seconds)
