"""The page about watches: what calls for attention, and how it was over time."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from server.watch.heat_map import heat_map, legend
from server.watch.overview import rows_of
from shared.pages.page import Table, environment, style, write_whole
from shared.pages.words import Catalogue, Text, Words, count, decimal, joined, percent
from shared.watch.verdict import FEDERATION, WatchVerdict
from shared.watch.watch import Watch

# Further back, cells become too many to be read.
MOST_SHOWN = 12


def write_report(history: Sequence[Watch], path: Path, federation: str, rate: float) -> Path:
    """Write the page; return its path.

    Parameters
    ----------
    history : sequence of Watch
        At least one, the oldest first.
    rate : float
        False alarms that were allowed.

    Raises
    ------
    SettingsError
        When the file cannot be written.
    """
    return write_whole(path, page_of(history, federation, rate), "--page")


def page_of(history: Sequence[Watch], federation: str, rate: float) -> str:
    """Return the page as text."""
    say, newest = Catalogue("server.watch"), history[-1]
    shown = list(history)[-MOST_SHOWN:]
    alarms = newest.alarms()
    rows = rows_of(shown)
    page: str = (
        environment("server.watch")
        .get_template("watch.html")
        .render(
            css=style(),
            say=say,
            kicker=say("kicker"),
            title=say("title", federation=federation),
            facts=_facts(newest, say),
            lead=lead(newest, say),
            alarms=[_words(each) for each in alarms],
            left_out=newest.left_out,
            figure_of=heat_map(rows, shown, say),
            legend=legend(say),
            verdicts=verdict_table(newest, say),
            services=service_table(newest, say),
            rate=percent(rate),
            version=version("juntos"),
        )
    )
    return page


def lead(newest: Watch, say: Catalogue) -> Words:
    """Say in a sentence what calls for attention."""
    feeds, others = newest.alarms("feed"), newest.alarms("data", "label", "score", "performance")
    told = any(each.state == "steady" for each in newest.verdicts)
    key = "steady" if told else "few" if newest.verdicts else "nodes"
    if feeds or others:
        key = "both" if feeds and others else "feed" if feeds else "world"
    return say(
        f"lead.{key}",
        hospitals=say("lead.hospitals", count=len(newest.answers)),
        feeds=say("lead.feeds", count=len(feeds)),
        others=say("lead.others", count=len(others)),
    )


def verdict_table(watch: Watch, say: Catalogue) -> Table:
    """Return every alarm with its figures."""
    rows = [
        [
            say("federation") if each.hospital == FEDERATION else each.hospital,
            say(f"kind.{each.kind}"),
            _words(each),
            _figure(each, "rows", 0),
            _figure(each, "psi", 3),
            _figure(each, "psi_limit", 3),
            _figure(each, "jensen_shannon", 3),
            _figure(each, "p_value", 5),
        ]
        for each in watch.alarms()
    ]
    names = ("hospital", "kind", "sentence", "rows", "psi", "psi_limit", "divergence", "p_value")
    titles = [say(f"column.{name}") for name in names]
    return Table("verdicts", titles, rows, frozenset({3, 4, 5, 6, 7}))


def service_table(watch: Watch, say: Catalogue) -> Table:
    """Return how each node does."""
    rows: list[list[Text]] = []
    for name, answer in watch.answers.items():
        told = answer.service
        pinned = joined([told.model, " (", say("pinned"), ")"], "") if told.pinned else told.model
        rows.append(
            [
                name,
                pinned or say("no_model"),
                count(answer.rows),
                count(answer.confirmed.evaluation.group.rows if answer.confirmed else 0),
                count(answer.new_for_training),
                _of(told.errors, told.requests),
                "" if told.median_milliseconds is None else decimal(told.median_milliseconds, 1),
                "" if told.budget_left is None else decimal(told.budget_left, 2),
                "" if told.certificate_days is None else count(told.certificate_days),
                told.software,
            ]
        )
    names = (
        "hospital", "model", "rows", "confirmed", "new", "errors", "median", "budget",
        "certificate", "software",
    )  # fmt: skip
    titles = [say(f"column.{name}") for name in names]
    return Table("nodes", titles, rows, frozenset({2, 3, 4, 5, 6, 7, 8}))


def _words(verdict: WatchVerdict) -> Words:
    return Words(verdict.sentence, verdict.sentence_es or verdict.sentence)


def _figure(verdict: WatchVerdict, name: str, digits: int) -> Text:
    value = verdict.evidence.get(name)
    return decimal(value, digits) if isinstance(value, int | float) else ""


def _of(errors: int | None, requests: int | None) -> Text:
    if errors is None or requests is None:
        return ""
    return joined([count(errors), "/", count(requests)], " ")


def _facts(watch: Watch, say: Catalogue) -> list[tuple[Words, Text]]:
    rows = sum(each.rows for each in watch.answers.values())
    return [
        (say("fact.made"), watch.made[:16].replace("T", " ")),
        (say("fact.run"), watch.run),
        (say("fact.hospitals"), count(len(watch.answers))),
        (say("fact.rows"), count(rows)),
        (say("fact.new"), count(watch.new_for_training)),
    ]
