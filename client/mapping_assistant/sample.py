"""The first rows of a hospital's data, and where they came from as a mapping says it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from client.sources.raw_table import RawTable, one_table
from client.sources.reading import Source
from shared.errors import DataError

SAMPLE_ROWS = 20_000


@dataclass(frozen=True)
class Sample:
    """Rows that proposals are made from; they never leave this process.

    Attributes
    ----------
    cells : DataFrame of shape (rows, columns)
        As the source holds them.
    source : dict of str to Any
        What a mapping's ``[source]`` will say.
    name : str
        What a person calls the source; holds no password.
    whole : bool
        Whether these are all rows of the source.
    seen : dict of str to str
        What was seen that made a key of `source` what it is.
    narrowed : callable or None
        Returns the query of some columns only, where the source is a database's table.
    """

    cells: pd.DataFrame
    source: dict[str, Any]
    name: str
    whole: bool = True
    seen: dict[str, str] = field(default_factory=dict)
    narrowed: Callable[[Sequence[str]], str] | None = None

    @property
    def decimal(self) -> str:
        """The decimal sign of numbers that come as text."""
        return str(self.source.get("decimal", "."))


def first_rows(source: Source, names: Sequence[str]) -> tuple[pd.DataFrame, bool]:
    """Return the first rows of a source's columns, and whether these are all.

    Raises
    ------
    DataError
        When the source cannot be read, has no rows, or several columns of one name.
    """
    named = [name for name in names if name.strip()]
    repeated = sorted({name for name in named if named.count(name) > 1})
    if repeated:
        raise DataError(
            f"{source.name} has several columns named {', '.join(map(repr, repeated))}.",
            "Give each column a name of its own.",
        )
    parts: list[RawTable] = []
    ended = True
    batches = source.batches(named)
    with closing(batches):  # type: ignore[type-var]
        for batch in batches:
            parts.append(batch)
            if sum(len(part.cells) for part in parts) >= SAMPLE_ROWS:
                ended = next(batches, None) is None
                break
    cells = one_table(parts).cells
    if not len(cells):
        raise DataError(f"{source.name} has no rows under a header.", "Export the data again.")
    return cells.iloc[:SAMPLE_ROWS], ended and len(cells) <= SAMPLE_ROWS
