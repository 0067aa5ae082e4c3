"""What the releases of the period have told, kept up with the ledger."""

from __future__ import annotations

from collections import deque
from datetime import UTC, datetime, timedelta

from client.privacy.accounting import Accountant, Counts, kind_of
from client.privacy.entry import Entry, refuse_broken_chain
from client.privacy.ledger import OpenLedger, time_text
from client.privacy.policy import Policy
from shared.privacy.release import Release

# A run that asks for a hospital's whole budget is not refused for the last digits of a logarithm.
_ROUNDING = 1e-5


def release_of(entry: Entry) -> Release | None:
    """Return what an entry spent; None where there is nothing to add up."""
    if entry.state != "spent" or entry.mechanism != "discrete_gaussian":
        return None
    return Release(
        run=entry.run,
        question=entry.question,
        purpose=entry.purpose,
        mechanism="discrete_gaussian",
        sensitivity=entry.sensitivity,
        noise_multiplier=entry.noise_multiplier,
        sampling_rate=entry.sampling_rate,
        assumed_honest=entry.assumed_honest,
    )


def counts_of(entries: list[Entry], policy: Policy) -> Counts:
    """Count the releases of the period that ends now."""
    begins = beginning_of_period(policy)
    releases = (release_of(entry) for entry in entries if entry.time >= begins)
    return Counts(kind_of(release) for release in releases if release is not None)


def beginning_of_period(policy: Policy) -> str:
    """Return the time from which on releases count."""
    return time_text(datetime.now(UTC) - timedelta(days=policy.period_days))


class Spending:
    """A memory of the ledger's releases, which other processes add to as well.

    Only what is in the ledger counts: what this process adds is read back from there, and every
    entry that is read is checked against the chain.
    """

    def __init__(self) -> None:
        self._accountant = Accountant()
        self._counts = Counts()
        self._in_period: deque[tuple[str, Release]] = deque()
        self._last: Entry | None = None
        self._period_days = 0

    def catch_up(self, open_ledger: OpenLedger, policy: Policy) -> None:
        """Read what was added, forget what has left the period.

        Raises
        ------
        BrokenLedgerError
            When entries are not what was written.
        """
        begins = beginning_of_period(policy)
        if policy.period_days != self._period_days:
            self._begin_anew(open_ledger, policy, begins)
        added = list(open_ledger.after(self._last.number if self._last else 0))
        self._last = refuse_broken_chain(added, self._last)
        for entry in added:
            release = release_of(entry)
            if release is not None:
                self._in_period.append((entry.time, release))
                self._counts[kind_of(release)] += 1
        while self._in_period and self._in_period[0][0] < begins:
            self._counts[kind_of(self._in_period.popleft()[1])] -= 1

    def _begin_anew(self, open_ledger: OpenLedger, policy: Policy, begins: str) -> None:
        self._period_days = policy.period_days
        self._counts, self._in_period = Counts(), deque()
        self._last = open_ledger.last_before(begins)

    def after(self, release: Release | None, policy: Policy) -> tuple[float, bool]:
        """Return epsilon after one more release, if there is one, and whether the budget bears it.

        Epsilon is an upper bound of what all releases of the period tell about a patient.
        """
        limit = policy.epsilon * (1 + _ROUNDING)
        counts = self._counts.copy()
        if release is not None and release.mechanism != "none":
            counts[kind_of(release)] += 1
        epsilon = self._accountant.after(+counts, limit, policy.delta)
        return epsilon, epsilon <= limit
