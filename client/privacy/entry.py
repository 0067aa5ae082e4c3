"""One line of the ledger, and the chain that ties it to the one before."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Self

from sqlalchemy import RowMapping

from client import chain
from client.chain import BEGINNING as BEGINNING
from client.chain import Link
from shared.errors import JuntosError
from shared.privacy.release import Release

State = Literal["spent", "sent", "refused", "erased"]
# Beside the mechanisms of a release: the answer depends on no record.
NO_PATIENT_DATA = "no_patient_data"


class BrokenLedgerError(JuntosError):
    """A ledger whose entries were changed, taken out or put in."""


@dataclass(frozen=True)
class Entry(Link):
    """What happened to one release or answer.

    Attributes
    ----------
    state : {"spent", "sent", "refused", "erased"}
        A release that may have left, an answer that was handed to the network, a refusal, a patient
        whose rows are not read any more.
    recipient : str
        Who asked.
    mechanism : str
        As in `Release`, or ``no_patient_data``.
    epsilon : float
        An upper bound of what all releases of the period have told, this one among them.
    answers : str
        For an answer, the numbers of the entries of its releases.
    size : int
        Bytes of the answer.
    digest : str
        SHA-256 of these bytes.
    reason : str
        Of a refusal; of an erasure, what else went.
    code : str
        Version and SHA-256 of the software that answered.
    """

    state: State
    run: str
    question: str
    purpose: str = ""
    mechanism: str = ""
    sensitivity: float = 0.0
    noise_multiplier: float = 0.0
    sampling_rate: float = 1.0
    assumed_honest: int = 1
    epsilon: float = 0.0
    answers: str = ""
    size: int = 0
    digest: str = ""
    reason: str = ""
    recipient: str = ""
    code: str = ""

    @classmethod
    def of_release(cls, state: State, release: Release, epsilon: float, reason: str = "") -> Self:
        """Return the entry of a release."""
        return cls(state=state, epsilon=epsilon, reason=reason, **release.model_dump())

    @classmethod
    def from_row(cls, row: RowMapping) -> Self:
        """Read one from the database."""
        return cls(**row)

    @property
    def releases(self) -> list[int]:
        """The numbers of the entries that this answer completes."""
        return [int(each) for each in self.answers.split(",") if each]


def refuse_broken_chain(entries: Iterable[Entry], before: Entry | None = None) -> Entry | None:
    """Check that each entry is what was written, after what was written before; return the last.

    Entries cut from the end leave a whole chain: keep the hash of the last one elsewhere.

    Parameters
    ----------
    before : Entry, optional
        The one before the first; the beginning without it.

    Raises
    ------
    BrokenLedgerError
        Naming the first entry that is not.
    """

    def broken(number: int) -> BrokenLedgerError:
        return BrokenLedgerError(
            f"The ledger was changed: entry {number} is not what was written.",
            "Nothing leaves this hospital until it is restored from a backup.",
        )

    return chain.refuse_broken_chain(entries, broken, before)
