"""What pages need of the watches: verdicts day by day, and what each node said last of itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, func, select

from server.database import watch_answers, watch_verdicts
from shared.watch.answer import Service, WatchAnswer
from shared.watch.verdict import FEDERATION, Kind, WatchVerdict

# About single features of the contract.
OF_FEATURES: tuple[Kind, ...] = ("feed", "data")


@dataclass(frozen=True)
class WatchDay:
    """One watch without what hospitals answered.

    Attributes
    ----------
    run, made : str
    verdicts : dict of str to list of WatchVerdict
        By hospital, or ``federation``.
    """

    run: str
    made: str
    verdicts: dict[str, list[WatchVerdict]] = field(default_factory=dict)

    def of(self, hospital: str, feature: str) -> WatchVerdict | None:
        """Return the verdict on a feature; the graver one where there are two."""
        found = [
            each
            for each in self.verdicts.get(hospital, [])
            if each.feature == feature and each.kind in OF_FEATURES
        ]
        return max(found, key=lambda each: (each.is_alarm, each.kind == "feed"), default=None)

    def alarms(self) -> list[WatchVerdict]:
        """Return what a person should look at; sick feeds first, then the clearest."""
        found = [each for of_one in self.verdicts.values() for each in of_one if each.is_alarm]
        return sorted(found, key=lambda each: (each.kind != "feed", -each.score))

    def level(self, hospital: str) -> DriftLevel | None:
        """Return how far a hospital's worst feature was; None where nothing was told."""
        found = [each for each in self.verdicts.get(hospital, []) if each.kind in OF_FEATURES]
        if not found:
            return None
        return DriftLevel(self.made, max(each.score for each in found), _any_alarm(found))


@dataclass(frozen=True)
class DriftLevel:
    """How far a hospital's worst feature was at one time.

    Attributes
    ----------
    made : str
    score : float
        Jensen-Shannon divergence in bits.
    is_alarm : bool
    """

    made: str
    score: float
    is_alarm: bool


@dataclass(frozen=True)
class Told:
    """What a node said of itself.

    Attributes
    ----------
    made : str
        When.
    service : Service
    new_for_training : int
        Confirmed cases that the model did not learn from.
    """

    made: str
    service: Service
    new_for_training: int


def recent_days(engine: Engine, days: int, now: datetime | None = None) -> list[WatchDay]:
    """Return the watches of so many days, the oldest first."""
    since = ((now or datetime.now(UTC)) - timedelta(days=days)).isoformat(timespec="seconds")
    query = (
        select(watch_verdicts)
        .where(watch_verdicts.c.made_at >= since)
        .order_by(watch_verdicts.c.made_at, watch_verdicts.c.run_id, watch_verdicts.c.position)
    )
    found: dict[str, WatchDay] = {}
    with engine.connect() as connection:
        for row in connection.execute(query):
            day = found.setdefault(row.run_id, WatchDay(row.run_id, row.made_at))
            verdict = WatchVerdict.model_validate_json(row.content)
            day.verdicts.setdefault(row.hospital, []).append(verdict)
    return list(found.values())


def last_told(engine: Engine) -> Mapping[str, Told]:
    """Return what each hospital said last of its node."""
    newest = (
        select(watch_answers.c.hospital, func.max(watch_answers.c.made_at).label("made_at"))
        .where(watch_answers.c.hospital.not_in(["", FEDERATION]))
        .group_by(watch_answers.c.hospital)
        .subquery()
    )
    same = (watch_answers.c.hospital == newest.c.hospital) & (
        watch_answers.c.made_at == newest.c.made_at
    )
    found: dict[str, Told] = {}
    with engine.connect() as connection:
        for row in connection.execute(select(watch_answers).join(newest, same)):
            answer = WatchAnswer.model_validate_json(row.content)
            found[row.hospital] = Told(row.made_at, answer.service, answer.new_for_training)
    return found


def _any_alarm(verdicts: Iterable[WatchVerdict]) -> bool:
    return any(each.is_alarm for each in verdicts)
