"""The report: one page that stands by itself, and a table with every row that has a question."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from client.data_quality.asking_models import Asked
from client.data_quality.finding import SEVERITIES, Finding
from client.data_quality.texts import FindingText, catalogue, text_of
from shared.pages.page import environment, style, write_page
from shared.pages.words import Text, Words, count, percent

PAGE = "quality.html"
TABLE = "quality.csv"
TITLES = ("finding", "severity", "row", "other_row", "column", "feature", "suspicion", "question")
ROWS_SHOWN = 40


@dataclass(frozen=True)
class ShownFinding:
    """A finding as the page shows it."""

    finding: Finding
    text: FindingText
    severity: Words
    rows: Words


def write_report(
    out: Path, hospital: str, source: str, asked: Asked, findings: Sequence[Finding]
) -> Path:
    """Write ``quality.html`` and ``quality.csv``; return the page's path.

    Parameters
    ----------
    out : Path
        Created if need be; files of an earlier report are replaced.
    source : str
        What a person calls the file or database.

    Raises
    ------
    SettingsError
        When the folder cannot be written to.
    """
    say, rows = catalogue(), asked.rows
    shown = [_shown(finding) for finding in findings]
    page = (
        environment("client.data_quality")
        .get_template(PAGE)
        .render(
            css=style(),
            say=say,
            title=say("page.title", hospital=hospital),
            kicker=say("page.kicker"),
            facts=_facts(source, asked),
            lead=lead(findings, len(rows)),
            points=points(findings),
            shown=shown,
            percent=percent,
            count=count,
            version=version("juntos"),
        )
    )
    write_page(out, PAGE, page, [], [])
    for folder in ("figures", "tables"):
        _remove_if_empty(out / folder)
    _write(out / TABLE, table(findings))
    return out / PAGE


def _remove_if_empty(folder: Path) -> None:
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def _write(path: Path, text: str) -> None:
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(text, encoding="utf-8", newline="\n")
    partial.replace(path)


def lead(findings: Sequence[Finding], rows: int) -> Words:
    """Say how many records have a question."""
    asked = {row for finding in findings for row in finding.rows}
    if not asked:
        return catalogue()("page.nothing", rows=rows)
    return catalogue()("page.lead", asked=len(asked), rows=rows)


def points(findings: Sequence[Finding]) -> list[Words]:
    """Say how many findings there are of each urgency, then that nothing was changed."""
    counts = {each: sum(found.severity == each for found in findings) for each in SEVERITIES}
    said = [catalogue()(f"page.{name}", count=number) for name, number in counts.items() if number]
    return [*said, catalogue()("page.nothing_changed")]


def _facts(source: str, asked: Asked) -> list[tuple[Words, Text]]:
    say, rows = catalogue(), asked.rows
    return [
        (say("page.fact_source"), source),
        (say("page.fact_date"), rows.today.isoformat()),
        (say("page.fact_contract"), f"{rows.contract.name} {rows.contract.version}"),
        (say("page.fact_rows"), count(len(rows))),
        (say("page.fact_models"), say(f"page.models_{asked.models}")),
    ]


def _shown(finding: Finding) -> ShownFinding:
    say = catalogue()
    return ShownFinding(
        finding, text_of(finding), say(f"severity.{finding.severity}"), _rows_in_words(finding)
    )


def _rows_in_words(finding: Finding) -> Words:
    """Name the first rows, and say how many more there are."""
    say = catalogue()
    first = finding.rows[:ROWS_SHOWN]
    if finding.others:
        pairs = zip(first, finding.others, strict=False)
        named = [say("page.pairs", others=str(other)) for _, other in pairs]
        texts = [
            Words(f"{row} ({word.en})", f"{row} ({word.es})")
            for row, word in zip(first, named, strict=True)
        ]
        rows = Words(", ".join(each.en for each in texts), ", ".join(each.es for each in texts))
    else:
        rows = Words.same(", ".join(map(str, first)))
    more = finding.count - len(first)
    if more:
        return say("page.rows_more", rows=rows, more=more)
    return say("page.rows_shown", rows=rows)


def table(findings: Sequence[Finding]) -> str:
    """Return every row with a question as CSV, in English, the most harmful first."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(TITLES)
    for finding in findings:
        question = text_of(finding).question.en
        for place, row in enumerate(finding.rows):
            writer.writerow(
                [
                    finding.kind,
                    finding.severity,
                    row,
                    finding.others[place] if finding.others else "",
                    finding.column,
                    finding.feature,
                    f"{finding.scores[place]:.3f}" if finding.scores else "",
                    question,
                ]
            )
    return stream.getvalue()
