"""One line of the ledger, and the chain that ties it to the one before."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Literal, Self

from sqlalchemy import RowMapping

from shared.errors import JuntosError
from shared.privacy.release import Release

State = Literal["spent", "sent", "refused"]
# Beside the mechanisms of a release: the answer depends on no record.
NO_PATIENT_DATA = "no_patient_data"
BEGINNING = "0" * 64


class BrokenLedgerError(JuntosError):
    """A ledger whose entries were changed, taken out or put in."""


@dataclass(frozen=True)
class Entry:
    """What happened to one release or answer.

    Attributes
    ----------
    number : int
        1, 2, 3 without gaps; 0 before the entry is in the ledger.
    time : str
        UTC, ISO 8601; never before that of an earlier entry.
    state : {"spent", "sent", "refused"}
        A release that may have left, an answer that was handed to the network, a refusal.
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
        Of a refusal.
    code : str
        Version and SHA-256 of the software that answered.
    previous_hash, hash : str
        SHA-256 of the entry before (64 zeros before the first), and of this one's other fields.
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
    number: int = 0
    time: str = ""
    previous_hash: str = BEGINNING
    hash: str = ""

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

    def content_hash(self) -> str:
        """Return the SHA-256 of the canonical JSON of all fields but the hash itself."""
        content = asdict(self)
        del content["hash"]
        text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return hashlib.sha256(text.encode("ascii")).hexdigest()

    def after(self, last: Entry | None, time: str) -> Entry:
        """Return this entry as it follows the last one."""
        placed = replace(
            self,
            number=last.number + 1 if last else 1,
            time=max(time, last.time) if last else time,
            previous_hash=last.hash if last else BEGINNING,
        )
        return replace(placed, hash=placed.content_hash())


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
    last = before
    for entry in entries:
        follows = entry.after(last, entry.time)
        if follows != entry:
            expected = last.number + 1 if last else 1
            raise BrokenLedgerError(
                f"The ledger was changed: entry {expected} is not what was written.",
                "Nothing leaves this hospital until it is restored from a backup.",
            )
        last = entry
    return last
