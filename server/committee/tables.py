"""The tables of a committee's page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from server.committee.known import Known
from server.committee.shares import Share
from server.recorded.translating import recorded
from shared.pages.page import Table
from shared.pages.words import Catalogue, Text, Words, count, joined


def hospitals(known: Known, say: Catalogue) -> Table:
    """Return who was in the run, with how many patients, and who was left out and why."""
    told = {str(each["name"]): each for each in known.result.get("hospitals") or []}
    rows: list[list[Text]] = []
    for name in sorted({*known.took_part, *known.left_out, *known.joined}):
        asked, answered = known.asked_and_answered(name)
        figures = told.get(name, {})
        rows.append(
            [
                name,
                _part(known, name, asked, say),
                _number(figures.get("training_rows"), say) if name in told else "",
                _number(figures.get("held_out_rows"), say) if name in told else "",
                joined([count(answered), count(asked)], " / ") if asked else "",
            ]
        )
    names = ("hospital", "part", "learned", "judged", "answers")
    return Table("hospitals", [say(f"column.{name}") for name in names], rows, frozenset({2, 3, 4}))


def by_hospital(known: Known, say: Catalogue) -> Table:
    """Return how often the shared model and each hospital's own are right there."""
    figures = known.figures
    rows: list[list[Text]] = []
    if figures is not None:
        rows = [
            [
                name,
                count(int(each["rows"])),
                Share.of(each).words(say),
                _own(figures.alone_by_hospital.get(name), say),
            ]
            for name, each in figures.by_hospital.items()
        ]
    names = ("hospital", "cases", "shared", "own")
    titles = [say(f"column.{name}") for name in names]
    return Table("right_by_hospital", titles, rows, frozenset({1, 2, 3}))


def by_class(known: Known, say: Catalogue) -> Table:
    """Return how many of each disease's patients are found."""
    figures = known.figures
    rows: list[list[Text]] = []
    for code, each in ((figures.overall.get("by_class") or {}) if figures else {}).items():
        found = known.contract.classes.get(code)
        is_rare = found is not None and found.frequency == "rare"
        rows.append(
            [
                found.name if found else code,
                say("rare") if is_rare else say("common"),
                count(int(each["rows"])),
                Share.of(each, "recall").words(say),
            ]
        )
    names = ("class", "frequency", "cases", "found")
    return Table(
        "found_by_class", [say(f"column.{name}") for name in names], rows, frozenset({2, 3})
    )


def ranking(known: Known, say: Catalogue) -> Table:
    """Return how far up a run that learned to rank puts the right disease, beside knowledge."""
    top = (known.result.get("ranking") or {}).get("top") or {}
    rows: list[list[Text]] = []
    for group, places in (top.get("federated") or {}).items():
        first, ten = (_share_of(places[name]) for name in ("top_1", "top_10"))
        if first.cases:
            alone = _share_of(top["matching"][group]["top_1"])
            shares = [each.words(say) for each in (first, ten, alone)]
            rows.append([say(f"group.{group}"), count(first.cases), *shares])
    names = ("patients", "cases", "first", "ten", "knowledge")
    titles = [say(f"column.{name}") for name in names]
    return Table("ranking", titles, rows, frozenset({1, 2, 3, 4}))


def steps(known: Known, say: Catalogue) -> Table:
    """Return what became of the model, step by step, with who decided."""
    rows: list[list[Text]] = [
        [_minute(each.at), say(f"short.{each.after}"), _actor(each.actor, say)]
        for each in known.steps
    ]
    return Table("steps", [say(f"column.{name}") for name in ("time", "step", "actor")], rows)


def deployed(known: Known, say: Catalogue) -> Table:
    """Return which model answers at each hospital, as last told."""
    candidate = known.candidate
    rows: list[list[Text]] = []
    if candidate is not None:
        for name, digest in candidate.hospitals.items():
            answers = "yes" if digest == candidate.model.digest else "no"
            key = "pinned" if name in candidate.pinned else answers
            rows.append([name, say(f"answers.{key}")])
    return Table("deployed", [say("column.hospital"), say("column.answers_there")], rows)


def _share_of(found: Mapping[str, Any]) -> Share:
    low, high = found.get("low"), found.get("high")
    told = None if low is None or high is None else (low, high)
    return Share(found["value"], int(found["cases"]), told)


def _part(known: Known, name: str, asked: int, say: Catalogue) -> Words:
    if name in known.left_out:
        return say("part.left_out", why=recorded(known.left_out[name]))
    if name in known.took_part:
        return say("part.whole")
    return say("part.none" if asked else "part.not_asked")


def _number(value: object, say: Catalogue) -> Text:
    return count(value) if isinstance(value, int) else say("not_told")


def _own(figures: object, say: Catalogue) -> Words:
    return (
        Share.of(figures).words(say) if isinstance(figures, dict) and figures else say("not_asked")
    )


def _actor(name: str, say: Catalogue) -> Text:
    key = f"actor.{name}"
    return say(key) if key in say.texts["en"] else name


def _minute(time: str) -> str:
    return time[:16].replace("T", " ")
