"""From the ledger's entries and the kept copies to what the page says."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from client.egress_page.content import Copy, EgressContent, Item, Node, Outcome, Run, time_of
from client.egress_page.epsilon_over_time import epsilon_over_time
from client.egress_page.payloads import payload_text
from client.privacy.accounting import Counts, epsilon_of, kind_of
from client.privacy.entry import NO_PATIENT_DATA, Entry
from client.privacy.policy import Policy
from client.privacy.spending import counts_of, release_of
from shared.errors import SettingsError

# The page stays one that a browser opens: copies beyond are named, and can be printed one by one.
MOST_COPIES = 8_000_000
ReadCopy = Callable[[int], bytes]


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
        curve=epsilon_over_time(entries, policy),
        refusals=[time_of(each) for each in entries if each.state == "refused"],
        runs=_runs(items, policy),
        entries=len(entries),
        last_hash=entries[-1].hash if entries else "",
        erased=node.erased,
        only_run=only_run,
    )


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
