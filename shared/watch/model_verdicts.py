"""Whether diagnoses are distributed as before, and answers as sure as at first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from shared.contract import Contract
from shared.pages.labels import class_label, feature_label
from shared.pages.words import Words, percent
from shared.watch.answer import WatchAnswer
from shared.watch.data_verdicts import evidence_of
from shared.watch.diagnoses import confirmed_of, diagnoses_of, last_and_first
from shared.watch.judging import Judged
from shared.watch.sentences import catalogue, hospital_words, verdict
from shared.watch.settings import WatchSettings
from shared.watch.tables import ClassCounts, Table, class_table, score_table
from shared.watch.verdict import WatchVerdict
from shared.watch.watch import Watch

Shown = Literal["confirmed", "answered"]


def confirmed_counts(
    contract: Contract,
    history: Sequence[Watch],
    hospital: str,
    settings: WatchSettings,
) -> ClassCounts | None:
    """Return confirmed diagnoses beside those of before; None where either are too few.

    The first confirmed ones of the same model are what the newest are held against: which patients
    are confirmed at all is no matter of chance, and it is the same for both. Until there are
    enough, the hospital's own records stand in.
    """
    answer = history[-1].answers[hospital]
    told = confirmed_of(history, hospital, answer.service.digest)
    last, first = last_and_first(told, settings.least_rows)
    if last is None:
        return None
    if first is not None:
        return ClassCounts(
            diagnoses_of(contract, first), diagnoses_of(contract, last), answer.smallest_cell
        )
    records = answer.records
    if records is None or records.rows < settings.least_rows:
        return None
    return ClassCounts(records.classes, diagnoses_of(contract, last), answer.smallest_cell)


def answered_counts(answer: WatchAnswer, settings: WatchSettings) -> ClassCounts | None:
    """Return the most probable diagnoses beside those of the model's first answers."""
    first, window = answer.first, answer.window
    if first is None or window is None:
        return None
    if min(first.summary.rows, window.summary.rows) < settings.least_rows:
        return None
    return ClassCounts(first.summary.classes, window.summary.classes, answer.smallest_cell)


def hospital_tables(
    contract: Contract, history: Sequence[Watch], hospital: str, settings: WatchSettings
) -> dict[Shown | Literal["scores"], Table]:
    """Return what is compared of diagnoses and scores at a hospital, where there is enough."""
    answer = history[-1].answers[hospital]
    found: dict[Shown | Literal["scores"], Table] = {}
    confirmed = confirmed_counts(contract, history, hospital, settings)
    answered = answered_counts(answer, settings)
    sides: tuple[tuple[Shown, ClassCounts | None], ...] = (
        ("confirmed", confirmed),
        ("answered", answered),
    )
    for name, side in sides:
        table = class_table(contract, [side]) if side is not None else None
        if table is not None:
            found[name] = table
    if answered is not None and answer.first is not None and answer.window is not None:
        found["scores"] = score_table(
            [(answer.first.scores, answer.window.scores, answer.smallest_cell)]
        )
    return found


def label_verdict(
    contract: Contract,
    hospital: str,
    confirmed: Judged | None,
    answered: Judged | None,
    sick: Sequence[str],
) -> WatchVerdict:
    """Return whether diagnoses are distributed as before."""
    say, where = catalogue(), hospital_words(hospital)
    for judged, key in ((confirmed, "label.alarm"), (answered, "label.alarm_answers")):
        if judged is None or not judged.has_moved:
            continue
        if judged is answered and sick:
            words = say("label.feed", hospital=where, sick=_names(sick))
            return verdict("label", hospital, "insufficient", words, evidence=evidence_of([judged]))
        words = _moved(contract, key, judged, where)
        return verdict(
            "label",
            hospital,
            "alarm",
            words,
            score=judged.distances.jensen_shannon,
            evidence={
                **evidence_of([judged]),
                "diagnoses": "confirmed" if judged is confirmed else "answered",
            },
        )
    known = confirmed or answered
    words = say("label.steady" if known else "label.insufficient", hospital=where)
    return verdict(
        "label",
        hospital,
        "steady" if known else "insufficient",
        words,
        score=known.distances.jensen_shannon if known else 0.0,
        evidence=evidence_of([known]) if known else None,
    )


def score_verdict(hospital: str, judged: Judged | None, sick: Sequence[str]) -> WatchVerdict:
    """Return whether answers are as sure as at first."""
    say, where = catalogue(), hospital_words(hospital)
    if judged is None:
        return verdict("score", hospital, "insufficient", say("score.insufficient", hospital=where))
    evidence, far = evidence_of([judged]), judged.distances.jensen_shannon
    if not judged.has_moved:
        words = say("score.steady", hospital=where)
        return verdict("score", hospital, "steady", words, score=far, evidence=evidence)
    if sick:
        words = say("score.feed", hospital=where, sick=_names(sick))
        return verdict("score", hospital, "insufficient", words, score=far, evidence=evidence)
    before, now = judged.table.counts.shares()
    half = len(now) // 2
    words = say(
        "score.alarm",
        hospital=where,
        before=percent(float(before[half:].sum())),
        now=percent(float(now[half:].sum())),
        rows=round(judged.table.counts.rows),
    )
    return verdict("score", hospital, "alarm", words, score=far, evidence=evidence)


def _moved(contract: Contract, key: str, judged: Judged, where: object) -> Words:
    before, now = judged.table.counts.shares()
    place = int(abs(now - before).argmax())
    cell = judged.table.counts.cells[place]
    name = class_label(contract, cell) if cell in contract.classes else catalogue()("rest")
    return catalogue()(
        key,
        hospital=where,  # type: ignore[arg-type]
        name=name,
        before=percent(float(before[place])),
        now=percent(float(now[place])),
        rows=round(judged.table.counts.rows),
    )


def _names(sick: Sequence[str]) -> str:
    return ", ".join(map(feature_label, sick))
