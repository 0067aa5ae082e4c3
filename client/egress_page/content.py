"""What the page says, as plain values: no words, no layout."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from client.privacy.entry import Entry
from client.privacy.policy import Policy

Outcome = Literal["sent", "not_sent", "refused", "erased"]
Copy = Literal["shown", "left_out", "none", "changed", "unreadable"]


@dataclass(frozen=True)
class Item:
    """One release, refusal or erasure.

    Attributes
    ----------
    entry : Entry
    outcome : {"sent", "not_sent", "refused", "erased"}
    size : int
        Bytes that left.
    sent_with : int
        Number of the entry of the answer; 0 without one.
    digest : str
        SHA-256 of the answer.
    cost : float or None
        Epsilon of the release alone, 0 for what tells nothing; None where nothing bounds it.
    copy : {"shown", "left_out", "none", "changed", "unreadable"}
        What is there of the copy; one that is not what left is said to be changed.
    payload : str
    """

    entry: Entry
    outcome: Outcome
    size: int = 0
    sent_with: int = 0
    digest: str = ""
    cost: float | None = 0.0
    copy: Copy = "none"
    payload: str = ""


@dataclass(frozen=True)
class Run:
    """All items of one run, in order; those of no run have the empty name.

    Attributes
    ----------
    cost : float
        Epsilon of its releases alone.
    """

    name: str
    items: Sequence[Item]
    cost: float

    @property
    def size(self) -> int:
        """Bytes that left."""
        return sum(each.size for each in self.items)

    def count(self, outcome: Outcome) -> int:
        """Return how many items came to that."""
        return sum(each.outcome == outcome for each in self.items)


@dataclass(frozen=True)
class EgressContent:
    """Everything on the page.

    Attributes
    ----------
    hospital, federation, coordinator : str
    written : datetime
    policy : Policy
    paused : bool
    epsilon : float
        Of the period that ends now.
    curve : sequence of (datetime, float)
        Epsilon after each release with a guarantee.
    refusals : sequence of datetime
    runs : sequence of Run
        The newest first.
    entries : int
        Of the whole ledger.
    last_hash : str
        Of its last entry; all were checked when the page was made.
    erased : int
        Patients whose rows are not read any more.
    only_run : str
        The run that the page is about; empty for all.
    """

    hospital: str
    federation: str
    coordinator: str
    written: datetime
    policy: Policy
    paused: bool
    epsilon: float
    curve: Sequence[tuple[datetime, float]]
    refusals: Sequence[datetime]
    runs: Sequence[Run]
    entries: int
    last_hash: str
    erased: int
    only_run: str = ""
    items: Sequence[Item] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "items", [item for run in self.runs for item in run.items])


@dataclass(frozen=True)
class Node:
    """Whose page it is.

    Attributes
    ----------
    erased : int
        Patients whose rows are not read any more.
    """

    hospital: str
    federation: str
    coordinator: str
    paused: bool
    erased: int


def time_of(entry: Entry) -> datetime:
    """Return when an entry was written."""
    return datetime.fromisoformat(entry.time)
