"""What a hospital reads of its benefit: a page in both languages, and lines for a terminal."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

from client.benefit.comparing import Benefit, Compared
from client.benefit.ways import WAYS
from shared.pages.page import Table, environment, style, write_page
from shared.pages.words import Catalogue, Text, Words, count, decimal, joined

PACKAGE = "client.benefit"
PAGE = "benefit.html"


def write_benefit(found: Benefit, out: Path) -> Path:
    """Write the page and its tables; return the page's path.

    Raises
    ------
    SettingsError
        When the folder cannot be written to.
    """
    say = Catalogue(PACKAGE)
    tables = [ways_table(found, say), pairs_table("overall", found.overall, say)]
    tables.append(pairs_table("rare", found.rare, say))
    page = (
        environment(PACKAGE)
        .get_template("benefit.html")
        .render(
            css=style(),
            say=say,
            kicker=say("kicker"),
            title=say("title", hospital=found.hospital),
            facts=[
                (say("fact.model"), say(f"model.{found.model}")),
                (say("fact.run"), found.run),
                (say("fact.learned"), count(found.training_rows)),
                (say("fact.judged"), count(found.persons)),
                (say("fact.rare"), count(found.rare_rows)),
            ],
            answers=answers(found, say),
            ways=tables[0],
            overall=tables[1],
            rare=tables[2],
            version=version("juntos"),
        )
    )
    return write_page(out, PAGE, page, [], tables)


def answers(found: Benefit, say: Catalogue) -> list[Words]:
    """Say for each pair of ways what was seen, in a sentence each."""
    return [sentence(each, say) for each in found.overall]


def sentence(compared: Compared, say: Catalogue) -> Words:
    """Say what two ways on the same patients showed, and what they could not have shown."""
    table = compared.table
    if compared.low is None or compared.high is None or compared.visible is None:
        return say("verdict.none", pair=_pair(compared, say))
    return say(
        f"verdict.{compared.verdict}",
        pair=_pair(compared, say),
        gain=_points(table.gain, "+"),
        low=_points(compared.low, "+"),
        high=_points(compared.high, "+"),
        persons=count(table.rows),
        visible=_points(compared.visible, "-"),
    )


def ways_table(found: Benefit, say: Catalogue) -> Table:
    """Return how each way does."""
    rows: list[list[Text]] = []
    for way in WAYS:
        figures = found.ways[way]
        rows.append(
            [
                say(f"way.{way}"),
                _share(figures.accuracy, say),
                _share(figures.rare_recall, say),
                say("no_case") if figures.log_loss is None else decimal(figures.log_loss, 3),
            ]
        )
    titles = [say(f"column.{name}") for name in ("way", "right", "rare", "loss")]
    return Table("ways", titles, rows, frozenset({1, 2, 3}))


def pairs_table(name: str, pairs: list[Compared], say: Catalogue) -> Table:
    """Return every pair with its counts and its interval."""
    rows: list[list[Text]] = [
        [
            _pair(each, say),
            count(each.table.rows),
            count(each.table.challenger_only),
            count(each.table.champion_only),
            _interval(each, say),
            say(f"short.{each.verdict}"),
        ]
        for each in pairs
    ]
    columns = ("pair", "persons", "only_first", "only_second", "difference", "meaning")
    titles = [say(f"column.{column}") for column in columns]
    return Table(name, titles, rows, frozenset({1, 2, 3, 4}))


def _interval(compared: Compared, say: Catalogue) -> Text:
    if compared.low is None or compared.high is None:
        return say("no_case")
    gain, low, high = (
        _points(each, "+") for each in (compared.table.gain, compared.low, compared.high)
    )
    return joined([gain, " [", low, ", ", high, "]"], "")


def _pair(compared: Compared, say: Catalogue) -> Words:
    return say(f"pair.{compared.way}_{compared.against}")


def _share(value: float | None, say: Catalogue) -> Words:
    return say("no_case") if value is None else decimal(100 * value, 1)


def _points(value: float, sign: str) -> Words:
    return decimal(100 * value, 1, sign)
