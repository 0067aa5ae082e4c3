"""The audit store: answers are added, each bound to the one before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from client.audit.prediction import Prediction, Recorded
from client.audit.query import AuditQuery


@dataclass(frozen=True)
class Head:
    """The end of all chains at one moment; keep it elsewhere, and a cut tail shows.

    Attributes
    ----------
    number : int
        Of the entry that lists the ends of all chains.
    time, hash : str
    """

    number: int
    time: str
    hash: str


@dataclass(frozen=True)
class Verified:
    """What a check of all entries found, none of them changed.

    Attributes
    ----------
    entries, chains : int
    removed : int
        Entries whose contents were erased or kept for long enough, as the store wrote down then.
    head : Head or None
    """

    entries: int
    chains: int
    removed: int
    head: Head | None


class AuditStore:
    """The answers of one hospital; any number of threads and processes may use it at once."""

    def pseudonym(self, patient: str) -> str:
        """Return the pseudonym of a patient's local number, as the node's records have it.

        Raises
        ------
        SettingsError
            When it is nobody's, or the patient was erased.
        """
        raise NotImplementedError

    def record(self, prediction: Prediction) -> None:
        """Write one answer down; it is on the disk when this returns. Blocks for about 1 ms.

        Raises
        ------
        AuditUnavailableError
            When it cannot be; the answer must not be given.
        """
        self.record_many([prediction])

    def record_many(self, predictions: Sequence[Prediction]) -> None:
        """Write several answers down in one transaction: all of them or none.

        Raises
        ------
        AuditUnavailableError
            When they cannot be; none of the answers may be given.
        """
        raise NotImplementedError

    def get(self, prediction: str) -> Recorded | None:
        """Return one answer by its id; None where there is none."""
        raise NotImplementedError

    def find(
        self, query: AuditQuery, *, limit: int = 100, before: str = "", newest_first: bool = True
    ) -> list[Recorded]:
        """Return answers.

        Parameters
        ----------
        before : str
            The id that the last page ended with.
        """
        raise NotImplementedError

    def every(self, query: AuditQuery) -> Iterator[Recorded]:
        """Yield all answers, the oldest first, without holding them all."""
        raise NotImplementedError

    def verify(self) -> Verified:
        """Check every entry.

        Raises
        ------
        BrokenAuditError
            Naming the first that is not what was written.
        """
        raise NotImplementedError

    def bind(self) -> Head | None:
        """Write down where all chains end, where any has grown; return the last such entry."""
        raise NotImplementedError

    def head(self, day: str = "") -> Head | None:
        """Return the last entry that binds all chains, of a day (``2026-11-30``) or of all."""
        raise NotImplementedError

    def erase(self, patient: str) -> int:
        """Take away what was asked and answered about a patient; return how many entries."""
        raise NotImplementedError

    def remove_older(self, days: int) -> int:
        """Take away what was asked and answered longer ago; return how many entries."""
        raise NotImplementedError

    def check(self) -> None:
        """Return where answers could be written down now.

        Raises
        ------
        AuditUnavailableError
        """
        raise NotImplementedError

    @property
    def waiting(self) -> int:
        """Answers that wait to be written."""
        raise NotImplementedError

    def close(self) -> None:
        """Bind the chains and close the connections."""
        raise NotImplementedError
