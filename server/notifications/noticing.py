"""What holds now that somebody should know of, from all that the coordinator keeps."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from server.dashboard.standing import HospitalStanding, standings
from server.dashboard.waiting import SILENT_AFTER
from server.dashboard.watches import recent_days
from server.home import CoordinatorHome
from server.notifications.notice import Kind, Notice
from server.promotion.candidate import Candidate
from server.promotion.candidate_store import CandidateStore
from server.recorded.translating import recorded
from server.run_store import RunStore, StoredRun
from shared.watch.verdict import FEDERATION, WatchVerdict
from shared.web.words import LANGUAGES, Words

PACKAGE = "server.notifications"
# What happened is told for so long after it; what holds, as long as it does.
NEWS = timedelta(days=3)
DRIFT_DAYS = 3


def notices_of(home: CoordinatorHome, now: datetime | None = None) -> list[Notice]:
    """Return everything that holds now.

    Raises
    ------
    sqlalchemy.exc.SQLAlchemyError
        When the database is away.
    """
    time = now or datetime.now(UTC)
    writer = Writer()
    days = recent_days(home.engine(), DRIFT_DAYS, time)
    alarms = days[-1].alarms() if days else []
    return [
        *_runs(RunStore(home.engine()).all(), time, writer),
        *_hospitals(standings(home, days, time), time, writer),
        *_alarms(alarms, writer),
        *_candidates(CandidateStore(home.engine()).all(), time, writer),
    ]


def told_of(hospitals: list[HospitalStanding], now: datetime) -> list[Notice]:
    """Return what holds of hospitals."""
    return list(_hospitals(hospitals, now, Writer()))


class Writer:
    """Writes notices in every language."""

    def __init__(self) -> None:
        self._words = {language: Words(language, [PACKAGE]) for language in LANGUAGES}

    def write(
        self, kind: Kind, subject: str, path: str, state: str = "", **values: object
    ) -> Notice:
        """Return a notice with the catalogue's title and text for its kind.

        Parameters
        ----------
        values : object
            Of the gaps; one that is a mapping of languages gives each language its own.
        """
        titles, texts = {}, {}
        for language, words in self._words.items():
            own = {
                name: value[language] if isinstance(value, dict) else value
                for name, value in values.items()
            }
            titles[language] = words(f"{kind}.title", **own)
            texts[language] = words(f"{kind}.text", **own)
        return Notice(kind=kind, subject=subject, title=titles, text=texts, path=path, state=state)


def _runs(runs: list[StoredRun], now: datetime, writer: Writer) -> Iterator[Notice]:
    kinds: dict[str, Kind] = {"failed": "run_failed", "partial": "run_partial"}
    for run in runs:
        kind = kinds.get(run.status)
        if kind and run.ended_at and _is_news(run.ended_at, now):
            said = recorded(run.message)
            message = {each: said.of(each).rstrip(".") for each in LANGUAGES}
            values = {"run": run.id, "message": message}
            yield writer.write(kind, f"run/{run.id}", f"/runs/{run.id}", run.status, **values)


def _hospitals(
    hospitals: list[HospitalStanding], now: datetime, writer: Writer
) -> Iterator[Notice]:
    for each in hospitals:
        name, path = each.name, f"/hospitals/{each.name}"
        if each.state == "silent" and each.last_seen:
            seen = datetime.fromisoformat(each.last_seen)
            if now - seen > SILENT_AFTER:
                values = {"hospital": name, "since": f"{seen:%Y-%m-%d %H:%M} UTC"}
                subject = f"silent/{name}"
                yield writer.write("hospital_silent", subject, path, each.last_seen, **values)
        if each.has_little_budget and each.told:
            left = f"{each.told.service.budget_left or 0.0:.2f}"
            whole = f"{each.told.service.budget or 0.0:g}"
            values = {"hospital": name, "left": left, "whole": whole}
            yield writer.write("budget", f"budget/{name}", path, whole, **values)
        if each.failing is not None:
            values = {"hospital": name, "share": f"{100 * each.failing:.1f}"}
            # Told again where it grows tenfold.
            state = "most" if each.failing > 0.1 else "some"
            yield writer.write("service", f"service/{name}", path, state, **values)
        if each.certificate_ends is not None:
            values = {"hospital": name, "days": str(each.certificate_ends)}
            # Told again in the last week.
            state = "soon" if each.certificate_ends > 7 else "now"
            yield writer.write("certificate", f"certificate/{name}", path, state, **values)


def _alarms(alarms: list[WatchVerdict], writer: Writer) -> Iterator[Notice]:
    for each in alarms:
        kind: Kind = "sick_feed" if each.kind == "feed" else "drift"
        place = {"en": "The federation", "es": "La federación"}
        values = {
            "hospital": place if each.hospital == FEDERATION else each.hospital,
            "sentence": {"en": each.sentence, "es": each.sentence_es or each.sentence},
        }
        subject = f"{kind}/{each.hospital}/{each.kind}/{each.feature}"
        path = f"/drift?hospital={each.hospital}&feature={each.feature}"
        yield writer.write(kind, subject, path, each.state, **values)


def _candidates(candidates: list[Candidate], now: datetime, writer: Writer) -> Iterator[Notice]:
    kinds: dict[str, Kind] = {
        "waits_for_approval": "candidate_waits",
        "everywhere": "promoted",
        "rolled_back": "rolled_back",
    }
    for each in candidates:
        kind = kinds.get(each.state)
        if kind is None or (kind != "candidate_waits" and not _is_news(each.since, now)):
            continue
        why = {"en": "", "es": ""}
        if each.decision:
            why = {language: each.decision.sentence.of(language) for language in LANGUAGES}
        values = {"candidate": each.id, "version": each.version, "why": why}
        subject, path = f"candidate/{each.id}/{each.state}", f"/models/{each.id}"
        yield writer.write(kind, subject, path, str(each.state), **values)


def _is_news(at: str, now: datetime) -> bool:
    time = datetime.fromisoformat(at)
    return now - (time if time.tzinfo else time.replace(tzinfo=UTC)) < NEWS
