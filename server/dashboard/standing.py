"""How each hospital stands, from all that the coordinator knows of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from server.dashboard.presence import Presence, presences
from server.dashboard.watches import DriftLevel, Told, WatchDay, last_told
from server.enrolment.hospitals import EnrolledHospital, list_hospitals
from server.home import CoordinatorHome
from server.promotion.candidate import Candidate
from server.promotion.candidate_store import CandidateStore
from shared.watch.verdict import WatchVerdict

State = Literal["up", "silent", "unknown", "waiting", "expired", "pending", "revoked", "left"]
# Of who is no member: not yet, or no more.
OUTSIDE: dict[str, State] = {
    "waiting": "waiting",
    "expired": "expired",
    "pending": "pending",
    "revoked": "revoked",
    "left": "left",
}
# A share of the budget; with less, somebody should think about what to do then.
LITTLE_BUDGET = 0.1
CERTIFICATE_DAYS = 30
# Of so many requests or more, so few may fail before somebody should look.
LEAST_REQUESTS, MOST_ERRORS = 100, 0.01


@dataclass(frozen=True)
class HospitalStanding:
    """One hospital.

    Attributes
    ----------
    enrolled : EnrolledHospital
    state : str
        ``up``, ``silent``, or ``unknown`` where the SuperLink never ran here; ``waiting`` and
        ``expired`` are kits, ``pending`` waits for a person, ``revoked`` and ``left`` are over.
    last_seen : str or None
        UTC; by heartbeat, or else by its last answer to a watch.
    told : Told or None
        What its node said last.
    in_use : bool or None
        Whether the model in use answers there; None where that is not known.
    drift : list of DriftLevel or None
        By watch, the oldest first; None where it was not part.
    alarms : list of WatchVerdict
        Of the newest watch.
    """

    enrolled: EnrolledHospital
    state: State
    last_seen: str | None
    told: Told | None
    in_use: bool | None
    drift: Sequence[DriftLevel | None]
    alarms: Sequence[WatchVerdict]

    @property
    def name(self) -> str:
        """Its name."""
        return self.enrolled.name

    @property
    def has_joined(self) -> bool:
        """Whether it used its kit."""
        return self.state in ("up", "silent", "unknown")

    @property
    def budget_share(self) -> float | None:
        """Share of its privacy budget that is left; None where that is not known."""
        if self.told is None or self.told.service.budget_left is None:
            return None
        whole = self.told.service.budget
        return self.told.service.budget_left / whole if whole else None

    @property
    def has_little_budget(self) -> bool:
        """Whether its privacy budget is nearly spent."""
        return self.budget_share is not None and self.budget_share < LITTLE_BUDGET

    @property
    def failing(self) -> float | None:
        """Share of requests that its prediction API failed at, where that is too much."""
        service = self.told.service if self.told else None
        if service is None or service.requests is None or service.errors is None:
            return None
        if service.requests < LEAST_REQUESTS:
            return None
        share = service.errors / service.requests
        return share if share > MOST_ERRORS else None

    @property
    def certificate_ends(self) -> int | None:
        """Days until its certificate expires, where those are few."""
        days = self.told.service.certificate_days if self.told else None
        return days if days is not None and days < CERTIFICATE_DAYS else None


def standings(
    home: CoordinatorHome, days: Sequence[WatchDay], now: datetime | None = None
) -> list[HospitalStanding]:
    """Return how every enrolled hospital stands, those that have joined first, by name."""
    time = now or datetime.now(UTC)
    seen, told = presences(home.path, time), last_told(home.engine())
    used = in_use(CandidateStore(home.engine()).all())
    found = [
        _standing(each, seen, told.get(each.name), used, days)
        for each in list_hospitals(home.engine())
    ]
    return sorted(found, key=lambda each: not each.has_joined)


def in_use(candidates: Sequence[Candidate]) -> Candidate | None:
    """Return the candidate whose model is in use: the last that came everywhere."""
    found = [each for each in candidates if each.state in ("everywhere", "confirmed")]
    return max(found, key=lambda each: each.since, default=None)


def _standing(
    enrolled: EnrolledHospital,
    seen: Mapping[str, Presence],
    told: Told | None,
    used: Candidate | None,
    days: Sequence[WatchDay],
) -> HospitalStanding:
    presence = seen.get(enrolled.node_id or "")
    state: State = "unknown"
    if enrolled.state != "joined":
        state = OUTSIDE[enrolled.state]
    elif presence is not None:
        state = "up" if presence.is_up else "silent"
    last = presence.last_seen if presence else told.made if told else None
    answers = None
    if used is not None and told is not None and told.service.digest:
        answers = told.service.digest == used.model.digest
    newest = days[-1].verdicts.get(enrolled.name, []) if days else []
    return HospitalStanding(
        enrolled=enrolled,
        state=state,
        last_seen=last,
        told=told,
        in_use=answers,
        drift=[each.level(enrolled.name) for each in days],
        alarms=[each for each in newest if each.is_alarm],
    )
