"""What waits for a person, the most urgent first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

from server.dashboard.runs import RunLine
from server.dashboard.standing import HospitalStanding
from server.dashboard.watches import WatchDay
from server.dashboard.wording import Wording
from server.promotion.candidate import Candidate
from shared.watch.verdict import FEDERATION

Meaning = Literal["act", "attention", "unknown"]
URGENCY: tuple[Meaning, ...] = ("act", "attention", "unknown")
SILENT_AFTER = timedelta(hours=1)


@dataclass(frozen=True)
class Waiting:
    """One thing that a person should look at.

    Attributes
    ----------
    meaning : {"act", "attention", "unknown"}
    text : str
        In a sentence, in the reader's language.
    path : str
        Where it can be looked at or done.
    step : str
        Key of what the link says.
    """

    meaning: Meaning
    text: str
    path: str
    step: str = "look"


@dataclass(frozen=True)
class Known:
    """What is looked through.

    Attributes
    ----------
    hospitals : sequence of HospitalStanding
    candidates : sequence of Candidate
    days : sequence of WatchDay
        The oldest first.
    runs : sequence of RunLine
        The newest first.
    """

    hospitals: Sequence[HospitalStanding]
    candidates: Sequence[Candidate]
    days: Sequence[WatchDay]
    runs: Sequence[RunLine]
    now: datetime = field(default_factory=lambda: datetime.now(UTC))


def waiting_of(known: Known, wording: Wording) -> list[Waiting]:
    """Return what waits, the most urgent first."""
    found = [
        *_candidates(known, wording),
        *_alarms(known, wording),
        *_hospitals(known, wording),
        *_runs(known, wording),
    ]
    return sorted(found, key=lambda each: URGENCY.index(each.meaning))


def _candidates(known: Known, wording: Wording) -> Iterator[Waiting]:
    for each in known.candidates:
        if each.state == "waits_for_approval":
            text = wording.words("waiting.candidate", version=each.version)
            why = wording.both(each.decision.sentence) if each.decision else ""
            yield Waiting("attention", f"{text} {why}".strip(), f"/models/{each.id}", "decide")


def _alarms(known: Known, wording: Wording) -> Iterator[Waiting]:
    if not known.days:
        return
    newest = known.days[-1].alarms()
    feeds = [each for each in newest if each.kind == "feed"]
    for each in feeds:
        text = f"{each.hospital}: {wording.said(each)}"
        path = f"/drift?hospital={each.hospital}&feature={each.feature}"
        yield Waiting("act", text, path)
    for name in dict.fromkeys(each.hospital for each in newest if each.kind != "feed"):
        own = [each for each in newest if each.hospital == name and each.kind != "feed"]
        first = wording.said(own[0])
        place = wording.words("drift.federation") if name == FEDERATION else name
        more = wording.words("waiting.more_alarms", count=len(own) - 1) if len(own) > 1 else ""
        yield Waiting("attention", f"{place}: {first} {more}".strip(), f"/drift?hospital={name}")


def _hospitals(known: Known, wording: Wording) -> Iterator[Waiting]:
    say = wording.words
    for each in known.hospitals:
        path = f"/hospitals/{each.name}"
        if each.state == "silent" and each.last_seen and _is_long(each.last_seen, known.now):
            text = say("waiting.silent", hospital=each.name, ago=wording.ago(each.last_seen))
            yield Waiting("act", text, path)
        if each.has_little_budget and each.told:
            left = say.number(each.told.service.budget_left or 0.0, 1)
            whole = say.number(each.told.service.budget or 0.0, 1)
            text = say("waiting.budget", hospital=each.name, left=left, whole=whole)
            yield Waiting("attention", text, path)
        if each.failing is not None:
            share = say.number(100 * each.failing, 1)
            text = say("waiting.failing", hospital=each.name, share=share)
            yield Waiting("act", text, path)
        if each.certificate_ends is not None:
            text = say("waiting.certificate", hospital=each.name, count=each.certificate_ends)
            yield Waiting("attention", text, path)
        if each.state == "pending":
            yield Waiting("act", say("waiting.pending", hospital=each.name), path, "decide")
        if each.state in ("waiting", "expired"):
            until = wording.day(each.enrolled.token_expires_at)
            text = say(f"waiting.kit_{each.state}", hospital=each.name, day=until)
            yield Waiting("unknown", text, "/hospitals")


def _runs(known: Known, wording: Wording) -> Iterator[Waiting]:
    ended = next((each for each in known.runs if not each.goes_on), None)
    if ended is not None and ended.run.status == "failed":
        text = wording.words(
            "waiting.failed", run=ended.run.id, message=wording.recorded(ended.run.message)
        )
        yield Waiting("attention", text, f"/runs/{ended.run.id}")


def _is_long(seen: str, now: datetime) -> bool:
    return now - datetime.fromisoformat(seen) > SILENT_AFTER
