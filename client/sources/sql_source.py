"""Rows of a query, by SQLAlchemy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from client.sources.database import Database
from client.sources.mapping import SqlSettings
from client.sources.raw_table import (
    CHUNK_ROWS,
    FIRST_ROW,
    RawTable,
    consecutive_rows,
    existing_columns,
)
from shared.errors import DataError

if TYPE_CHECKING:
    from sqlalchemy import CursorResult

QUERY_FIX = "Try source.query in the database's own client; it must be one SELECT."


class SqlSource:
    """The rows of a query.

    Raises
    ------
    SettingsError
        When the URL is none, or its database driver is not installed.
    """

    def __init__(self, settings: SqlSettings, folder: Path) -> None:
        self._query = settings.query
        self._database = Database(settings.url.get_secret_value(), folder)

    @property
    def name(self) -> str:
        """The database's kind, host and name; neither user nor password nor options."""
        return self._database.name

    def batches(self, columns: Sequence[str]) -> Iterator[RawTable]:
        """Stream the query's rows; columns that are not mapped are dropped unread."""
        with self._database.reading(QUERY_FIX) as connection:
            # Without parameters, a % or a : in the query is left as it is.
            connection.execution_options(no_parameters=True)
            yield from self._fetch(connection.exec_driver_sql(self._query), columns)

    def _fetch(
        self, result: CursorResult[tuple[object, ...]], columns: Sequence[str]
    ) -> Iterator[RawTable]:
        if not result.returns_rows:
            raise DataError(f"{self.name}: the query returns no rows.", QUERY_FIX)
        places, problems = existing_columns(list(result.keys()), columns, self.name)
        # The first batch has the columns even where no row follows.
        nothing = pd.DataFrame(columns=list(places), dtype=object)
        yield RawTable(nothing, consecutive_rows(0), 0, problems)
        row = FIRST_ROW
        for chunk in result.columns(*places.values()).partitions(CHUNK_ROWS) if places else ():
            # Objects as the driver gave them: pandas would turn whole numbers with gaps into
            # floats.
            cells = pd.DataFrame(chunk, columns=list(places), dtype=object)
            yield RawTable(cells, consecutive_rows(len(cells), row), len(cells), problems)
            row += len(cells)
