"""A database in the OMOP common data model as a source: one row for each person or visit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa

from client.sources.database import Database
from client.sources.omop import queries
from client.sources.omop.concepts import FieldConcepts, Vocabulary
from client.sources.omop.events import EventStream, PersonStream, ordinal
from client.sources.omop.fields import UNIT_SUFFIX, OmopField
from client.sources.omop.rows import GENDERS, OmopRow, Person, Visit, born, rows_of
from client.sources.omop.settings import (
    AGE,
    DECEASED,
    INDEX_DATE,
    LAST_SEEN,
    OWN_COLUMNS,
    PATIENT,
    VISIT_CLASS,
    OmopSettings,
)
from client.sources.omop.tables import event_table
from client.sources.raw_table import CHUNK_ROWS, FIRST_ROW, RawTable, consecutive_rows
from client.sources.units import conversion
from shared.errors import Problem, SettingsError

QUERY_FIX = "Check source.schema, and that the database follows the OMOP CDM, version 5.4."
# Of these, one connection can have several results open at once, and all see the same moment.
SEVERAL_RESULTS = {"postgresql", "sqlite"}


class OmopSource:
    """A database in the OMOP common data model.

    Each table is read by one query in the order of persons; the streams are merged person by
    person, so that no more than one person and one batch is in memory.

    Parameters
    ----------
    settings : OmopSettings
    folder : Path
        Where a relative path of an SQLite or DuckDB file starts.
    units : mapping of str to str
        The unit in which the mapping takes each column that has no column of units.
    """

    def __init__(self, settings: OmopSettings, folder: Path, units: Mapping[str, str]) -> None:
        self._settings = settings
        self._units = units
        self._database = Database(settings.url.get_secret_value(), folder)

    @property
    def name(self) -> str:
        """The database's kind, host and name; neither user nor password nor options."""
        return self._database.name

    def batches(self, columns: Sequence[str]) -> Iterator[RawTable]:
        """Yield the rows, in the order of persons and, for one person, of visits.

        Raises
        ------
        DataError
            When the database cannot be reached, or lacks a table or a column.
        SettingsError
            When rows are visits and nothing tells whose.
        """
        if self._settings.one_row_per == "visit" and PATIENT not in columns:
            raise SettingsError(
                "Rows are visits, and the mapping does not tell whose.",
                'Under [rows], set patient = "patient" and patient_rows = "several".',
            )
        with ExitStack() as stack:
            reading = _Reading(self._settings, self._database, stack, columns)
            made = [*OWN_COLUMNS, *(name for each in reading.fields for name in each.columns)]
            asked = [name for name in columns if name in made]
            units = _Units(self.name, {k: v for k, v in self._units.items() if _plain(k, columns)})
            problems, row = reading.problems(), FIRST_ROW
            yield RawTable(
                pd.DataFrame(columns=asked, dtype=object), consecutive_rows(0), 0, problems
            )
            rows = reading.rows()
            while chunk := list(islice(rows, CHUNK_ROWS)):
                yield self._table(chunk, asked, row, units)
                row += len(chunk)
            nothing = pd.DataFrame(columns=asked, dtype=object)
            yield RawTable(nothing, consecutive_rows(0, row), 0, [], reading.remarks(self.name))

    def _table(
        self, chunk: list[OmopRow], asked: Sequence[str], first: int, units: _Units
    ) -> RawTable:
        cells = pd.DataFrame(
            {name: pd.Series([row.cells[name] for row in chunk], dtype=object) for name in asked}
        )
        fix = "Take the last or the first instead, or convert the values at the source."
        problems = [
            Problem(self.name, number, name, "values of a patient in one unit", fix)
            for number, row in enumerate(chunk, first)
            for name in row.units_differ
        ]
        problems += units.problems(cells, chunk)
        return RawTable(cells, consecutive_rows(len(chunk), first), len(chunk), problems)


def _plain(name: str, columns: Sequence[str]) -> bool:
    """Return whether a mapping takes a column without its column of units."""
    return name + UNIT_SUFFIX not in columns


@dataclass
class _Units:
    """The units that columns are taken for, and those that were found to be the same."""

    source: str
    declared: Mapping[str, str]
    _same: dict[tuple[str, str], bool] = field(default_factory=dict)

    def problems(self, cells: pd.DataFrame, chunk: list[OmopRow]) -> list[Problem]:
        """Return a problem for each column with another unit than the mapping takes it for."""
        problems = []
        for name, declared in self.declared.items():
            if name not in cells:
                continue
            found = {row.cells.get(name + UNIT_SUFFIX) for row in chunk} - {None, ""}
            if not all(self._is_same(str(unit), declared) for unit in found):
                fix = (
                    f'Some are in another unit: write unit_column = "{name}{UNIT_SUFFIX}" instead '
                    "of unit, so that each is converted."
                )
                expected = f"all values in {declared}, as the mapping says"
                problems.append(Problem(self.source, None, name, expected, fix))
        return problems

    def _is_same(self, found: str, declared: str) -> bool:
        key = (found, declared)
        if key not in self._same:
            convert = conversion(found, declared)
            ends = np.array([0.0, 1.0])
            self._same[key] = convert is not None and bool(np.allclose(convert(ends), ends))
        return self._same[key]


class _Reading:
    """The open streams of one reading.

    Attributes
    ----------
    fields : list of OmopField
        Those that the asked columns need, or the index date does.
    """

    def __init__(
        self, settings: OmopSettings, database: Database, stack: ExitStack, columns: Sequence[str]
    ) -> None:
        self._settings = settings
        self._database = database
        self._stack = stack
        self._columns = columns
        self._connection: sa.Connection | None = None
        needed = {settings.index_field}
        self.fields = [
            each for each in settings.field if each.name in needed or {*each.columns} & {*columns}
        ]
        self._vocabulary = Vocabulary(settings.vocabulary_schema or settings.schema_name)
        self._concepts = {
            table: FieldConcepts.read(self._connect(), self._vocabulary, fields)
            for table, fields in self._by_table().items()
        }
        self._streams: dict[str, PersonStream] = {}

    def rows(self) -> Iterator[OmopRow]:
        """Yield all rows, in the order of persons."""
        settings = self._settings
        streams = [self._events(table) for table in self._concepts]
        visits = self._needed(self._needs_days(), "visit_occurrence", self._visits)
        died = self._needed(DECEASED in self._columns, "death", queries.deaths)
        needs_end = self._needs_days() and settings.index == LAST_SEEN
        last = self._needed(
            needs_end and settings.one_row_per == "patient",
            "observation_period",
            queries.last_observed,
        )
        for row in self._stream(queries.persons(settings)):
            number = int(row[0])
            person = Person(
                number,
                born(row[2], row[3], row[4]),
                GENDERS.get(row[1]),
                bool(died and died.of(number)),
                _visits_of(visits.of(number)) if visits else [],
                max((ordinal(end) for _, end in last.of(number)), default=0) if last else 0,
            )
            events = {name: found for each in streams for name, found in each.of(number).items()}
            yield from rows_of(settings, person, events)

    def problems(self) -> list[Problem]:
        """Return the problems of whole columns that the database itself shows."""
        found = [
            problem
            for concepts in self._concepts.values()
            for problem in concepts.problems(self._database.name)
        ]
        for table, fields in self._by_table().items():
            promised = [each for each in fields if each.otherwise is not None]
            if promised and self._is_empty(table):
                fix = "Fill it; its emptiness would count as otherwise for every patient."
                found += [
                    Problem(self._database.name, None, each.name, f"rows in {table}", fix)
                    for each in promised
                ]
        return found

    def remarks(self, source: str) -> list[str]:
        """Return what a person should know of the streams, once all rows were read."""
        counts: Counter[str] = Counter()
        for table, stream in self._streams.items():
            stream.finish()
            counts[table] += stream.of_nobody
        return [
            f"{source}: {count} {'row' if count == 1 else 'rows'} of {table} "
            f"{'is' if count == 1 else 'are'} about nobody in the table person, and left out"
            for table, count in counts.items()
            if count
        ]

    def _by_table(self) -> dict[str, list[OmopField]]:
        tables: dict[str, list[OmopField]] = {}
        for each in self.fields:
            tables.setdefault(each.table, []).append(each)
        return tables

    def _needs_days(self) -> bool:
        """Return whether visits matter: as rows, for a column, or for what is before a day."""
        if self._settings.one_row_per == "visit":
            return True
        asked = {AGE, INDEX_DATE, VISIT_CLASS} & {*self._columns}
        return bool(asked) or any(self._settings.when(each) == "before" for each in self.fields)

    def _visits(self, settings: OmopSettings) -> queries.Query:
        return queries.visits(settings, self._vocabulary)

    def _needed(self, needed: bool, table: str, query: Any) -> PersonStream | None:  # noqa: ANN401
        if not needed:
            return None
        self._streams[table] = PersonStream(self._stream(query(self._settings)))
        return self._streams[table]

    def _events(self, table: str) -> EventStream:
        concepts = self._concepts[table]
        query = queries.events(self._settings, self._vocabulary, table, concepts.fields)
        stream = EventStream(self._stream(query), concepts)
        self._streams[table] = stream.rows
        return stream

    def _stream(self, query: queries.Query) -> Iterator[Any]:
        return iter(self._connect().execute(query))

    def _is_empty(self, table: str) -> bool:
        events = event_table(table, self._settings.schema_name)
        query = sa.select(events.c.person_id).limit(1)
        return self._connect().execute(query).first() is None

    def _connect(self) -> sa.Connection:
        """Return a connection on which another result can be opened."""
        if self._connection is None or self._database.backend not in SEVERAL_RESULTS:
            reading = self._database.reading(QUERY_FIX, one_moment=True)
            self._connection = self._stack.enter_context(reading)
        return self._connection


def _visits_of(rows: list[Any]) -> list[Visit]:
    visits = [Visit(ordinal(row[2]), int(row[1]), row[3]) for row in rows if row[2] is not None]
    return sorted(visits, key=lambda each: (each.day, each.key))
