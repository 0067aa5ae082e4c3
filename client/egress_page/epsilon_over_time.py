"""How epsilon grew, release by release."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from client.egress_page.content import time_of
from client.privacy.accounting import Counts, epsilon_of, kind_of
from client.privacy.entry import Entry
from client.privacy.policy import Policy
from client.privacy.spending import release_of

# Runs at whose end epsilon is worked out; a second each where patients were sampled.
MOST_EXACT = 12


def epsilon_over_time(entries: Iterable[Entry], policy: Policy) -> list[tuple[datetime, float]]:
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
