"""FHIR R4 as a source: one row for each patient or encounter."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from client.sources.fhir.dates import age_in_years
from client.sources.fhir.export import Export
from client.sources.fhir.fields import UNIT_SUFFIX
from client.sources.fhir.gathering import Gathered, Gathering
from client.sources.fhir.kept_values import KeptNumbers
from client.sources.fhir.settings import (
    AGE,
    DECEASED,
    ENCOUNTER_CLASS,
    GENDER,
    INDEX_DATE,
    PATIENT,
    FhirSettings,
)
from client.sources.file_settings import FileSettings
from client.sources.raw_table import CHUNK_ROWS, FIRST_ROW, RawTable, consecutive_rows
from client.sources.units import conversion
from shared.errors import Problem, SettingsError

YEARS = "a"


class FhirSource:
    """A folder, file or server of FHIR R4 resources.

    Everything is read through, and only what the asked columns need is kept, in arrays with a
    place for each row; resources are not. Row 2 is the first patient in a folder's order, or in the
    order of their ids on a server.

    Parameters
    ----------
    settings : FhirSettings
    folder : Path
        Where relative paths start.
    units : mapping of str to str
        The unit in which the mapping takes each column that has no column of units.
    export : Export, optional
        Where resources come from instead of what the settings name.
    """

    def __init__(
        self,
        settings: FhirSettings,
        folder: Path,
        units: Mapping[str, str],
        export: Export | None = None,
    ) -> None:
        self._settings = settings
        self._folder = folder
        self._units = units
        self._export = export

    @property
    def name(self) -> str:
        """The folder's, file's or server's name."""
        if self._export is not None:
            return self._export.name
        if self._settings.path is not None:
            return self._settings.path.rstrip("/").rpartition("/")[2] or "FHIR"
        return str(self._settings.server)

    def batches(self, columns: Sequence[str]) -> Iterator[RawTable]:
        """Read everything, then yield the rows.

        Raises
        ------
        DataError
            When a resource is cut off, a server refuses, or there are no patients.
        SettingsError
            When rows are encounters and nothing tells whose.
        """
        if self._settings.one_row_per == "encounter" and PATIENT not in columns:
            raise SettingsError(
                "Rows are encounters, and the mapping does not tell whose.",
                'Under [rows], set patient = "patient" and patient_rows = "several".',
            )
        with closing(self._open()) as export:
            gathered = Gathering(self._settings, export, columns).gather()
            whole = [*self._absent_types(gathered), *self._unit_problems(gathered, columns)]
            count = len(gathered.rows)
            for start in range(0, count, CHUNK_ROWS):
                stop = min(start + CHUNK_ROWS, count)
                cells = self._cells(gathered, columns, start, stop)
                yield self._table(gathered, cells, whole, start, stop)

    def _open(self) -> Export:
        if self._export is not None:
            return self._export
        if self._settings.path is not None:
            from client.sources.fhir.files import FileExport
            from client.sources.remote import locate

            files = FileSettings(path=self._settings.path, storage=self._settings.storage)
            return FileExport(locate(files, self._folder))
        from client.sources.fhir.search import ServerExport

        return ServerExport(self._settings, self._folder)

    def _table(
        self, gathered: Gathered, cells: pd.DataFrame, whole: list[Problem], start: int, stop: int
    ) -> RawTable:
        """Return a batch with its problems; the last one has those of no row."""
        set_aside, count = gathered.set_aside, len(gathered.rows)
        problems = [*whole, *set_aside.problems(self.name, FIRST_ROW, start, stop)]
        read = stop - start
        if stop == count:
            beyond = set_aside.problems_beyond(self.name, FIRST_ROW + count)
            problems += beyond
            read += len(beyond)
        return RawTable(cells, consecutive_rows(stop - start, FIRST_ROW + start), read, problems)

    def _cells(
        self, gathered: Gathered, columns: Sequence[str], start: int, stop: int
    ) -> pd.DataFrame:
        series = _own_columns(gathered, columns, start, stop)
        for kept in gathered.kept:
            series.update(kept.columns(start, stop))
        asked = [name for name in columns if name in series]
        return pd.DataFrame({name: series[name] for name in asked}, columns=asked)

    def _absent_types(self, gathered: Gathered) -> list[Problem]:
        """Refuse to fill a column with `otherwise` because a file was forgotten."""
        names = {kept.name for kept in gathered.kept}
        return [
            Problem(
                self.name,
                None,
                field.name,
                f"{field.resource} resources",
                "Export them too; their absence would count as otherwise for every patient.",
            )
            for field in self._settings.field
            if field.name in names
            and field.resource in gathered.absent
            and getattr(field, "otherwise", None) is not None
        ]

    def _unit_problems(self, gathered: Gathered, columns: Sequence[str]) -> list[Problem]:
        """Refuse columns whose units are not the one that the mapping takes them for."""
        return [
            Problem(
                self.name,
                None,
                kept.name,
                f"all values in {self._units[kept.name]}, as the mapping says",
                f'Some are in another unit: write unit_column = "{kept.name}{UNIT_SUFFIX}" '
                "instead of unit, so that each is converted.",
            )
            for kept in gathered.kept
            if isinstance(kept, KeptNumbers)
            and kept.name in self._units
            and kept.name + UNIT_SUFFIX not in columns
            and not all(_same_unit(each, self._units[kept.name]) for each in kept.units_in_use())
        ]


def _same_unit(found: str, declared: str) -> bool:
    """Return whether a number means the same in both units."""
    convert = conversion(found, declared)
    return convert is not None and bool(np.allclose(convert(np.array([0.0, 1.0])), [0.0, 1.0]))


def _own_columns(
    gathered: Gathered, columns: Sequence[str], start: int, stop: int
) -> dict[str, pd.Series]:
    """Return the asked columns that need no field."""
    cohort, rows = gathered.cohort, gathered.rows
    patients, days = rows.patients[start:stop], rows.index_days[start:stop]
    makers: dict[str, Callable[[], pd.Series]] = {
        PATIENT: lambda: _objects([cohort.ids[patient] for patient in patients]),
        AGE: lambda: _ages([cohort.births[patient] for patient in patients], days),
        AGE + UNIT_SUFFIX: lambda: _objects([YEARS] * len(patients)),
        GENDER: lambda: _objects([cohort.genders[patient] for patient in patients]),
        DECEASED: lambda: _objects([cohort.deceased[patient] for patient in patients]),
        INDEX_DATE: lambda: _objects([_iso(day) for day in days]),
        ENCOUNTER_CLASS: lambda: _objects(rows.classes[start:stop]),
    }
    return {name: make() for name, make in makers.items() if name in columns}


def _ages(births: Sequence[int], days: Sequence[int]) -> pd.Series:
    ages = [
        age_in_years(birth, day) if birth and day else float("nan")
        for birth, day in zip(births, days, strict=True)
    ]
    return pd.Series(ages, dtype="float64")


def _iso(day: int) -> str | None:
    return date.fromordinal(day).isoformat() if day else None


def _objects(cells: Sequence[str | None]) -> pd.Series:
    return pd.Series(list(cells), dtype=object)
