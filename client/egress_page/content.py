"""What the page says, as plain values: no words, no layout."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

from client.egress_page.payloads import payload_text
from client.privacy.accounting import Counts, epsilon_of, kind_of
from client.privacy.entry import NO_PATIENT_DATA, Entry
from client.privacy.policy import Policy
from client.privacy.spending import counts_of, release_of
from shared.errors import SettingsError

Outcome = Literal["sent", "not_sent", "refused", "erased"]
Copy = Literal["shown", "left_out", "none", "changed", "unreadable"]
# The page stays one that a browser opens: copies beyond are named, and can be printed one by one.
MOST_COPIES = 8_000_000
# Runs at whose end epsilon is worked out; a second each where patients were sampled.
MOST_EXACT = 12

ReadCopy = Callable[[int], bytes]


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


def egress_content(
    node: Node, entries: Sequence[Entry], policy: Policy, copies: ReadCopy, only_run: str = ""
) -> EgressContent:
    """Gather what the page says.

    Parameters
    ----------
    entries : sequence of Entry
        The whole ledger, checked.
    copies : callable
        Returns the copy of the answer with this number; SettingsError where there is none.
    """
    chosen = [each for each in entries if only_run in ("", each.run)]
    items = _with_copies(_items(chosen, policy), copies)
    return EgressContent(
        hospital=node.hospital,
        federation=node.federation,
        coordinator=node.coordinator,
        written=datetime.now(UTC),
        policy=policy,
        paused=node.paused,
        epsilon=epsilon_of(counts_of(list(entries), policy), policy.delta),
        curve=_curve(entries, policy),
        refusals=[time_of(each) for each in entries if each.state == "refused"],
        runs=_runs(items, policy),
        entries=len(entries),
        last_hash=entries[-1].hash if entries else "",
        erased=node.erased,
        only_run=only_run,
    )


def time_of(entry: Entry) -> datetime:
    """Return when an entry was written."""
    return datetime.fromisoformat(entry.time)


def _curve(entries: Iterable[Entry], policy: Policy) -> list[tuple[datetime, float]]:
    """Return epsilon after each release: the bound that was written down, or less where known.

    While a run goes on, bounds are quick ones. At the ends of runs they are worked out to the last
    digit, and nothing within a run was more than at its end.
    """
    spent = [each for each in entries if release_of(each) is not None]
    followers = [*spent[1:], None][: len(spent)]
    ends = [n for n, each in enumerate(followers) if each is None or each.run != spent[n].run]
    exact = {end: _epsilon_at(spent, end, policy) for end in ends[-MOST_EXACT:]}
    curve: list[tuple[datetime, float]] = []
    limit = float("inf")
    for place in range(len(spent) - 1, -1, -1):
        if place in ends:
            limit = exact.get(place, float("inf"))
        curve.append((time_of(spent[place]), min(spent[place].epsilon, limit)))
    return curve[::-1]


def _epsilon_at(spent: Sequence[Entry], end: int, policy: Policy) -> float:
    last = time_of(spent[end])
    begins = last - timedelta(days=policy.period_days)
    releases = (release_of(each) for each in spent[: end + 1] if time_of(each) >= begins)
    kinds = Counts(kind_of(release) for release in releases if release is not None)
    return epsilon_of(kinds, policy.delta)


def _items(entries: Iterable[Entry], policy: Policy) -> list[Item]:
    found = list(entries)
    sendings = {number: each for each in found for number in each.releases if each.state == "sent"}
    alone: dict[object, float] = {}
    items = []
    for entry in found:
        if entry.state == "sent":
            continue
        sending = sendings.get(entry.number)
        items.append(
            Item(
                entry=entry,
                outcome=_outcome(entry, sending),
                size=sending.size if sending else 0,
                sent_with=sending.number if sending else 0,
                digest=sending.digest if sending else "",
                cost=_cost(entry, policy, alone),
            )
        )
    return items


def _outcome(entry: Entry, sending: Entry | None) -> Outcome:
    if entry.state in ("refused", "erased"):
        return "refused" if entry.state == "refused" else "erased"
    return "sent" if sending else "not_sent"


def _cost(entry: Entry, policy: Policy, known: dict[object, float]) -> float | None:
    if entry.state != "spent" or entry.mechanism == NO_PATIENT_DATA:
        return 0.0
    release = release_of(entry)
    if release is None:
        return None
    kind = kind_of(release)
    if kind not in known:
        known[kind] = epsilon_of(Counts([kind]), policy.delta)
    return known[kind]


def _with_copies(items: list[Item], copies: ReadCopy) -> list[Item]:
    """Add what is kept of answers, the newest first, until the page is long enough."""
    left, found = MOST_COPIES, []
    shown: dict[int, tuple[Copy, str]] = {}
    for item in reversed(items):
        if item.sent_with and item.sent_with not in shown:
            shown[item.sent_with] = _copy_of(item, copies) if left > 0 else ("left_out", "")
            left -= len(shown[item.sent_with][1])
        copy, payload = shown.get(item.sent_with, ("none", ""))
        found.append(replace(item, copy=copy, payload=payload))
    return found[::-1]


def _copy_of(item: Item, copies: ReadCopy) -> tuple[Copy, str]:
    try:
        content = copies(item.sent_with)
    except SettingsError:
        return "none", ""
    if hashlib.sha256(content).hexdigest() != item.digest:
        return "changed", ""
    try:
        return "shown", payload_text(content)
    except ValueError:
        return "unreadable", ""


def _runs(items: Iterable[Item], policy: Policy) -> list[Run]:
    by_run: dict[str, list[Item]] = {}
    for item in items:
        by_run.setdefault(item.entry.run, []).append(item)
    runs = [Run(name, found, _cost_together(found, policy)) for name, found in by_run.items()]
    return sorted(runs, key=lambda run: run.items[-1].entry.number, reverse=True)


def _cost_together(items: Iterable[Item], policy: Policy) -> float:
    releases = (release_of(each.entry) for each in items)
    return epsilon_of(
        Counts(kind_of(release) for release in releases if release is not None), policy.delta
    )
