"""A run as a strip of cells, one for each hospital and round: a missing answer is seen at once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from server.rounds import RoundRecord
from server.run_progress import condensed
from server.run_store import ENDED, StoredRun
from shared.questions import TRAIN

CellState = Literal["answered", "left_out", "asked", "planned", "not_asked"]
# Shapes tell states apart without colour.
SHAPES: dict[CellState, str] = {
    "answered": "■",
    "left_out": "▲",
    "asked": "◌",
    "planned": "·",
    "not_asked": " ",
}
# Of a longer run the last ones are shown.
MOST_COLUMNS = 36
# And of a run that goes on, so many of what is done.
MOST_DONE = 24
# As `server.storing_observer` says what is being asked.
_ASKED = re.compile(
    r"(?:(?P<model>\w+) round (?P<number>\d+)|(?P<question>.+)): \d+ hospitals asked"
)


@dataclass(frozen=True)
class Cell:
    """One hospital in one round.

    Attributes
    ----------
    state : str
    reason : str
        Why an answer is missing.
    """

    state: CellState
    reason: str = ""

    @property
    def shape(self) -> str:
        """What it looks like."""
        return SHAPES[self.state]


@dataclass(frozen=True)
class Column:
    """One round, or one question.

    Attributes
    ----------
    question, model : str
    number : int
        Round of training; 0 for other questions.
    cells : dict of str to Cell
        By hospital.
    """

    question: str
    model: str
    number: int
    cells: dict[str, Cell]

    @property
    def group(self) -> tuple[str, str]:
        """What it has in common with its neighbours."""
        return self.question, self.model


@dataclass(frozen=True)
class Strip:
    """All rounds of a run.

    Attributes
    ----------
    hospitals : list of str
    columns : list of Column
    before : int
        Rounds that came before the first column.
    after : int
        Rounds of training that come after the last one.
    """

    hospitals: list[str]
    columns: list[Column]
    before: int = 0
    after: int = 0

    @property
    def groups(self) -> list[tuple[str, str, int]]:
        """Question, model and number of columns of each stretch of the same question."""
        stretches = groupby(self.columns, key=lambda each: each.group)
        return [(question, model, len(list(of))) for (question, model), of in stretches]

    @property
    def missing(self) -> dict[str, str]:
        """Hospitals whose answer is missing from some round, with the last reason."""
        return {
            name: cell.reason
            for column in self.columns
            for name, cell in column.cells.items()
            if cell.state == "left_out"
        }


def strip_of(run: StoredRun, records: Sequence[RoundRecord], joined: Sequence[str]) -> Strip:
    """Return the strip of a run.

    Parameters
    ----------
    joined : sequence of str
        Hospitals that are part of the federation, whether they were asked or not.
    """
    shown = list(records)
    if len(shown) > MOST_COLUMNS:
        shown = condensed(shown, run.settings)
    names = sorted({*joined, *(name for each in shown for name in each.invited)})
    columns = [_column(each, names) for each in shown]
    if run.status in ENDED:
        before = max(0, len(columns) - MOST_COLUMNS)
        return Strip(names, columns[before:], before)
    before = max(0, len(columns) - MOST_DONE)
    ahead = _ahead(run, columns, names)
    shown_ahead = ahead[: MOST_COLUMNS - (len(columns) - before)]
    return Strip(names, columns[before:] + shown_ahead, before, len(ahead) - len(shown_ahead))


def _column(record: RoundRecord, names: Sequence[str]) -> Column:
    def cell(name: str) -> Cell:
        if name in record.left_out:
            return Cell("left_out", record.left_out[name])
        if name in record.answered:
            return Cell("answered")
        return Cell("asked" if name in record.invited else "not_asked")

    cells = {name: cell(name) for name in names}
    return Column(record.question, record.model, record.number, cells)


def _ahead(run: StoredRun, columns: Sequence[Column], names: Sequence[str]) -> list[Column]:
    """Return what is being asked now, and the rounds of training that are still to come."""
    found: list[Column] = []
    model, number = "", 0
    asked = _ASKED.fullmatch(run.message)
    if asked:
        model, number = asked["model"] or "", int(asked["number"] or 0)
        cells = dict.fromkeys(names, Cell("asked"))
        question = TRAIN if model else str(asked["question"])
        found.append(Column(question, model, number, cells))
    elif columns and columns[-1].number:
        model, number = columns[-1].model, columns[-1].number
    if model in run.settings.models:
        rounds = run.settings.of_model(model).rounds
        planned = dict.fromkeys(names, Cell("planned"))
        found += [Column(TRAIN, model, each, planned) for each in range(number + 1, rounds + 1)]
    return found
