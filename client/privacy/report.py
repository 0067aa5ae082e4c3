"""The ledger in words: one line for each release, with what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from functools import lru_cache
from typing import Any

from client.privacy.accounting import Counts, Kind, epsilon_of, kind_of
from client.privacy.entry import NO_PATIENT_DATA, Entry
from client.privacy.policy import Policy
from client.privacy.spending import counts_of, release_of
from shared.errors import SettingsError

TITLES = ("no.", "when", "run", "question", "purpose", "to whom", "bytes", "cost alone", "epsilon")


def sending_of(number: int, entries: list[Entry]) -> Entry:
    """Return the answer that an entry belongs to.

    Raises
    ------
    SettingsError
        When nothing left with it.
    """
    for entry in entries:
        if entry.state == "sent" and number in (entry.number, *entry.releases):
            return entry
    raise SettingsError(
        f"Nothing left with entry {number}.", "See the numbers of `juntos node ledger`."
    )


def entry_rows(entries: list[Entry], policy: Policy, run: str = "") -> list[list[str]]:
    """Return a row under `TITLES` for each release and refusal, of one run or of all."""
    sizes = {number: entry.size for entry in entries for number in entry.releases}
    return [
        [
            str(entry.number),
            entry.time.removesuffix("+00:00").replace("T", " "),
            entry.run,
            entry.question,
            entry.purpose,
            entry.recipient,
            _bytes(entry, sizes),
            _cost(entry, policy),
            entry.reason or f"{entry.epsilon:.4g} of {policy.epsilon:g}",
        ]
        for entry in entries
        if entry.state != "sent" and run in ("", entry.run)
    ]


def _bytes(entry: Entry, sizes: Mapping[int, int]) -> str:
    if entry.state == "erased":
        return "nothing"
    return "refused" if entry.state == "refused" else str(sizes.get(entry.number, "not sent"))


def _cost(entry: Entry, policy: Policy) -> str:
    if entry.state == "refused" or entry.mechanism == NO_PATIENT_DATA:
        return "nothing"
    release = release_of(entry)
    if release is None:
        return "unbounded"
    return f"{_epsilon_alone(kind_of(release), policy.delta):.4g}"


@lru_cache(maxsize=256)
def _epsilon_alone(kind: Kind, delta: float) -> float:
    return epsilon_of(Counts([kind]), delta)


def budget_words(entries: list[Entry], policy: Policy) -> str:
    """Say how much of the budget is used, and what it does not speak of."""
    epsilon = epsilon_of(counts_of(entries, policy), policy.delta)
    words = (
        f"Epsilon {epsilon:.4g} of {policy.epsilon:g} is spent at delta {policy.delta:g}, in the "
        f"last {policy.period_days} days, for each patient."
    )
    unbounded = sum(entry.state == "spent" and entry.mechanism == "none" for entry in entries)
    if unbounded:
        words += f"\n{unbounded} without a formal guarantee: epsilon says nothing of them."
    return words


def ledger_json(entries: list[Entry], policy: Policy, run: str = "") -> dict[str, Any]:
    """Return the ledger as programs read it."""
    return {
        "epsilon": epsilon_of(counts_of(entries, policy), policy.delta),
        "budget": policy.epsilon,
        "delta": policy.delta,
        "period_days": policy.period_days,
        "unbounded": sum(each.state == "spent" and each.mechanism == "none" for each in entries),
        "entries": [asdict(each) for each in entries if run in ("", each.run)],
    }
