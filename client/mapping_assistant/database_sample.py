"""Samples of databases: the first rows of a table or of a query."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from client.mapping_assistant.sample import Sample, first_rows
from client.sources.mapping import SqlSettings
from client.sources.sql_source import QUERY_FIX, SqlSource
from shared.errors import DataError, SettingsError
from shared.settings_file import parse

MOST_TABLES = 20


def database_sample(url: str, folder: Path, query: str | None, table: str | None) -> Sample:
    """Return the first rows of a query, or of a table with all its columns.

    Parameters
    ----------
    folder : Path
        Where a relative SQLite file is looked for.
    query, table : str or None
        One of them.

    Raises
    ------
    SettingsError
        When neither or both are given, naming the tables there are.
    DataError
        When the database cannot be reached or refuses.
    """
    if query is not None and table is not None:
        raise SettingsError("A query and a table are given.", "Give one of --query and --table.")
    narrowed: Callable[[Sequence[str]], str] | None = None
    if query is None:
        names, narrowed = _look(url, "select 1", folder).table(table)
        query = narrowed(names)
    look = _look(url, query, folder)
    cells, whole = first_rows(look, look.columns())
    source = {"kind": "sql", "url": url, "query": query}
    return Sample(cells, source, look.name, whole, narrowed=narrowed)


class _DatabaseLook(SqlSource):
    def table(self, name: str | None) -> tuple[list[str], Callable[[Sequence[str]], str]]:
        """Return the columns of a table, and what gives the query of some of them.

        Raises
        ------
        SettingsError
            When there is no such table.
        """
        from sqlalchemy import exc, inspect

        schema, _, bare = (name or "").rpartition(".")
        with self._database.reading(QUERY_FIX) as connection:
            found = inspect(connection)
            names = [*found.get_table_names(), *found.get_view_names()]
            if name is None or (bare not in names and not schema):
                raise _no_such_table(name, names)
            try:
                columns = [str(each["name"]) for each in found.get_columns(bare, schema or None)]
            except exc.NoSuchTableError:
                raise _no_such_table(name, []) from None
            quote = connection.dialect.identifier_preparer.quote
        place = ".".join(quote(part) for part in [schema, bare] if part)

        def narrowed(chosen: Sequence[str]) -> str:
            return f"SELECT {', '.join(map(quote, chosen))} FROM {place}"  # noqa: S608

        return columns, narrowed

    def columns(self) -> list[str]:
        """Return the names of the query's columns."""
        with self._database.reading(QUERY_FIX) as connection:
            connection.execution_options(no_parameters=True)
            result = connection.exec_driver_sql(self._query)
            if not result.returns_rows:
                raise DataError(f"{self.name}: the query returns no rows.", QUERY_FIX)
            return [str(name) for name in result.keys()]  # noqa: SIM118 - not a mapping


def _look(url: str, query: str, folder: Path) -> _DatabaseLook:
    content = {"kind": "sql", "url": url, "query": query}
    return _DatabaseLook(parse(SqlSettings, content, "SOURCE"), folder)


def _no_such_table(table: str | None, names: list[str]) -> SettingsError:
    what = "No table or query is given." if table is None else f"There is no table {table!r}."
    if not names:
        return SettingsError(what, "Give --table NAME, with its schema if it has one, or --query.")
    shown = ", ".join(names[:MOST_TABLES]) + (", ..." if len(names) > MOST_TABLES else "")
    return SettingsError(what, f"Give --query, or --table with one of: {shown}.")
