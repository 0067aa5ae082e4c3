"""What every kind of source gives: raw cells, the rows they came from, and a name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from shared.errors import Problem

if TYPE_CHECKING:
    import pandas as pd

FIRST_ROW = 2
CHUNK_ROWS = 20_000


@dataclass(frozen=True)
class RawTable:
    """Cells as the source holds them.

    Attributes
    ----------
    cells : DataFrame of shape (rows, asked columns that exist)
    rows : integer array of shape (rows,)
        The row of each as a spreadsheet shows it: the header is row 1.
    rows_read : int
        Rows the source holds, those too broken for `cells` among them.
    problems : list of Problem
        What was wrong while reading.
    remarks : list of str
        What a person should know of how the source was read, without a value.
    """

    cells: pd.DataFrame
    rows: npt.NDArray[np.int64]
    rows_read: int
    problems: list[Problem] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def consecutive_rows(count: int, first: int = FIRST_ROW) -> npt.NDArray[np.int64]:
    """Return the row numbers of a batch without blank lines that starts at row `first`."""
    return np.arange(first, first + count, dtype=np.int64)


def one_table(batches: Iterable[RawTable]) -> RawTable:
    """Return all batches of a source as one table."""
    import pandas as pd

    parts = list(batches)
    return RawTable(
        pd.concat([part.cells for part in parts], ignore_index=True),
        np.concatenate([part.rows for part in parts]),
        sum(part.rows_read for part in parts),
        list(dict.fromkeys(problem for part in parts for problem in part.problems)),
        list(dict.fromkeys(remark for part in parts for remark in part.remarks)),
    )


def existing_columns(
    found: Sequence[str], wanted: Sequence[str], source: str
) -> tuple[dict[str, int], list[Problem]]:
    """Return the position of each wanted column that exists, and those that are ambiguous."""
    places = {name: found.index(name) for name in wanted if name in found}
    problems = [
        Problem(source, None, name, "one column of this name", "Rename or drop the other columns.")
        for name in places
        if found.count(name) > 1
    ]
    return places, problems
