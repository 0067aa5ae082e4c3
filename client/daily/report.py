"""The report of a day, made from what is written down: it can be made again at any time."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from importlib.metadata import version
from pathlib import Path

from client.audit.prediction import Recorded
from client.audit.store import AuditStore
from client.confirmations.pairs import answers_to
from client.daily.job import daily_folder
from client.daily.record_book import Day, PickedUp, RecordBook
from client.home import NodeHome
from shared.pages.charts import Bar, bars
from shared.pages.drawing import Drawing
from shared.pages.page import Table, environment, style, write_page
from shared.pages.words import Catalogue, Text, Words, count, joined, percent

PAGE = "report.html"
# The page lists so many answers before a reader asks for all.
_SHOWN = 50
_MOST_BARS = 12
_ANSWER_TITLES = ("row", "disease", "code", "probability", "set", "evidence", "prediction")


@dataclass(frozen=True)
class Answered:
    """One record of the day with its answer, None where that is not kept any more."""

    record: PickedUp
    answer: Recorded | None

    @property
    def is_sure(self) -> bool:
        """Whether there was enough evidence."""
        return bool(self._output.get("enough_evidence", True))

    @property
    def _output(self) -> dict[str, object]:
        return (self.answer.output if self.answer else None) or {}


def write_report(home: NodeHome, audit: AuditStore, day: str) -> Path:
    """Write the report of a day into the node's folder; return the page's path.

    Raises
    ------
    SettingsError
        When the folder cannot be written to.
    AuditUnavailableError, BrokenAuditError
        When the answers cannot be read.
    """
    book = RecordBook(audit.engine)
    records = book.of_day(day)
    report = DailyReport(home, book.day(day), day, records, _answered(audit, records))
    folder = daily_folder(home.path) / day
    folder.mkdir(mode=0o700, exist_ok=True)
    return report.write(folder)


def _answered(audit: AuditStore, records: Sequence[PickedUp]) -> list[Answered]:
    given = [each for each in records if each.state == "answered"]
    kept = {each.id: each for each in answers_to(audit, [each.prediction for each in given])}
    found = [Answered(each, kept.get(each.prediction)) for each in given]
    return sorted(found, key=lambda each: each.is_sure)


class DailyReport:
    """One day's page and tables.

    Parameters
    ----------
    home : NodeHome
    found : Day or None
        What reading the source showed.
    records : sequence of PickedUp
        All of the day.
    answered : sequence of Answered
        Those with an answer; without enough evidence first.
    """

    def __init__(
        self,
        home: NodeHome,
        found: Day | None,
        day: str,
        records: Sequence[PickedUp],
        answered: Sequence[Answered],
    ) -> None:
        self._home = home
        self._found = found
        self._day = day
        self._records = records
        self._answered = answered
        self._kept = [each for each in answered if each.answer and each.answer.output]
        self.say = Catalogue("client.daily")

    def write(self, folder: Path) -> Path:
        """Write the page and its tables; return the page's path."""
        tables = {
            "answers": self.answers(),
            "failed": self.failed(),
            "problems": self.problems(),
        }
        diseases, say = self.diseases(), self.say
        page = (
            environment("client.daily")
            .get_template("daily.html")
            .render(
                css=style(),
                say=say,
                kicker=say("kicker"),
                title=say("title", day=self._day, hospital=self._home.settings.hospital),
                facts=self.facts(),
                lead=self.lead(),
                points=self.points(),
                tables=tables,
                shown=replace(tables["answers"], rows=tables["answers"].rows[:_SHOWN]),
                diseases=diseases,
                version=version("juntos"),
            )
        )
        return write_page(folder, PAGE, page, [diseases], tables.values())

    def facts(self) -> list[tuple[Words, Text]]:
        """Return what the page begins with."""
        models = sorted({each.answer.model for each in self._kept if each.answer})
        known: list[tuple[str, Text]] = [("day", self._day), ("model", ", ".join(models))]
        if self._found is not None:
            known += [
                ("source", self._found.source),
                ("rows_read", count(self._found.rows_read)),
                ("finished", self._found.finished[:19].replace("T", " ")),
            ]
        return [(self.say(f"fact.{key}"), value) for key, value in known if value]

    def lead(self) -> Words:
        """Return the sentence that readers come for."""
        number = len(self._answered)
        return self.say("answer.lead", count=number) if number else self.say("answer.nothing")

    def points(self) -> list[Words]:
        """Return what readers should know beside it."""
        numbers = {
            "unsure": sum(not each.is_sure for each in self._kept),
            "failed": sum(each.state == "failed" for each in self._records),
            "set_aside": self._found.problem_count if self._found else 0,
            "known": sum(each.state == "known" for each in self._records),
            "gone": len(self._answered) - len(self._kept),
        }
        found = [
            self.say(f"answer.{key}", count=number) for key, number in numbers.items() if number
        ]
        return [*found, self.say("answer.care")]

    def diseases(self) -> Drawing:
        """Draw how many answers have each disease first."""
        names = Counter(each.answer.output["ranked"][0]["name"] for each in self._kept)  # type: ignore[union-attr,index]
        rows = [
            Bar(name, float(number), count(number))
            for name, number in names.most_common(_MOST_BARS)
        ]
        if more := len(names) - len(rows):
            number = len(self._kept) - int(sum(row.value for row in rows))
            rows.append(Bar(self.say("others", count=more), float(number), count(number)))
        title = self.say("figure.diseases")
        return bars(Drawing("diseases", title, self.say("figure.described")), rows)

    def answers(self) -> Table:
        """Return all answers."""
        return Table(
            "answers",
            self._titles(*_ANSWER_TITLES),
            [self._row(each) for each in self._kept],
            frozenset({0, 3}),
        )

    def failed(self) -> Table:
        """Return the records without an answer."""
        rows = [[str(each.row), each.reason] for each in self._records if each.state == "failed"]
        return Table("not_answered", self._titles("row", "reason"), rows, frozenset({0}))

    def problems(self) -> Table:
        """Return what was wrong with rows of the source."""
        problems = self._found.problems if self._found else ()
        rows = [
            ["" if each.row is None else str(each.row), each.column, each.expected, each.fix]
            for each in problems
        ]
        titles = self._titles("row", "place", "expected", "fix")
        return Table("left_out", titles, rows, frozenset({0}))

    def _titles(self, *names: str) -> list[Words]:
        return [self.say(f"column.{name}") for name in names]

    def _row(self, found: Answered) -> list[Text]:
        output = (found.answer.output if found.answer else None) or {}
        first = output["ranked"][0]
        why = output.get("why_not_code") or "other"
        known = f"evidence.{why}" in self.say.texts["en"]
        evidence = "enough" if found.is_sure else f"evidence.{why if known else 'other'}"
        names = {each["code"]: each["name"] for each in output["ranked"]}
        in_set = [names.get(code, code) for code in output.get("prediction_set", [])]
        return [
            str(found.record.row),
            first["name"],
            first["code"],
            percent(first["probability"]),
            joined(in_set) if in_set else self.say("none"),
            self.say(evidence),
            found.record.prediction,
        ]


def remove_reports(home: Path, days: int, today: date) -> int:
    """Remove the reports of answers that are not kept any more; return how many."""
    oldest = (today - timedelta(days=days)).isoformat()
    old = [
        each
        for each in daily_folder(home).glob("????-??-??")
        if each.is_dir() and each.name < oldest
    ]
    for folder in old:
        shutil.rmtree(folder)
    return len(old)
