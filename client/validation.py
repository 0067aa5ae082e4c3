"""What is wrong with a hospital's rows, all of it at once; what is right becomes records.

No message holds a value: a local code or a date is as much a patient's as a name is.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from client.sources.codes import Mask
from client.sources.conversion import KnownTerm, RawColumn, coded, convert, named
from client.sources.dates import Dates, dates_of
from client.sources.mapping import ColumnSettings, Mapping
from client.sources.numbers import Place, expected_range, suspected_unit
from client.sources.raw_table import RawTable
from client.sources.seen_patients import SeenPatients, persons_of
from shared.contract import Contract, NumericFeature
from shared.errors import Problem
from shared.records import Records, in_order_of_appearance, typed_column, with_derived


@dataclass(frozen=True)
class Validation:
    """The outcome of checking a table.

    Attributes
    ----------
    records : Records
        The rows without any problem, in the source's order.
    problems : list of Problem
        Whole columns first, then row by row.
    rows : int64 array of shape (records,)
        The source's row of each record.
    pseudonyms : object array of shape (records,) or None
        Whose each record is; None where no column tells patients apart.
    dates : datetime64[D] array of shape (records,) or None
        When each record is of; None where no column says it.
    """

    records: Records
    problems: list[Problem]
    rows: npt.NDArray[np.int64]
    pseudonyms: npt.NDArray[np.object_] | None = None
    dates: Dates | None = None

    @property
    def column_problems(self) -> list[Problem]:
        """The problems of whole columns; no row is right while there is one."""
        return [problem for problem in self.problems if problem.row is None]


@dataclass
class Earlier:
    """What the batches of a source showed so far.

    Attributes
    ----------
    patients : SeenPatients
    outside, plausible : Counter of str
        Values of each numeric feature out of its range, and in it.
    """

    patients: SeenPatients = field(default_factory=SeenPatients)
    outside: Counter[str] = field(default_factory=Counter)
    plausible: Counter[str] = field(default_factory=Counter)

    def suspected_units(self, contract: Contract, mapping: Mapping, source: str) -> list[Problem]:
        """Return the problems of columns that only all batches together show."""
        problems: list[Problem] = []
        for column in mapping.column:
            feature = contract.recorded.get(column.feature)
            if isinstance(feature, NumericFeature):
                counts = self.outside[feature.name], self.plausible[feature.name]
                problems += suspected_unit(source, column.column, feature, *counts)
        return problems


def validate(
    contract: Contract,
    mapping: Mapping,
    table: RawTable,
    source: str,
    known_term: KnownTerm | None = None,
    earlier: Earlier | None = None,
    *,
    labelled: bool = True,
) -> Validation:
    """Turn raw cells into records of the contract, collecting every problem.

    Parameters
    ----------
    table : RawTable
        With pseudonyms in the column that tells patients apart.
    source : str
        The name under which problems speak of the file or query.
    known_term : callable, optional
        Says whether the ontology has an HPO term.
    earlier : Earlier, optional
        The batches before this one, which is added to them; what only all of them show is then
        left to the caller. Without it, the table is the whole source.
    labelled : bool
        Whether each row must have a diagnosis; without it, all labels are empty.
    """
    seen = earlier or Earlier()
    checked = _Checked(contract, mapping, table, source, list(table.problems), seen)
    checked.report_missing_columns(() if labelled else (mapping.label.column,))
    checked.report_repeated_patients()
    labels = checked.labels() if labelled else np.full(len(table.rows), "", dtype=object)
    columns = {name: checked.column(name, known_term) for name in contract.recorded}
    good = checked.good_rows()
    if earlier is None:
        checked.problems += seen.suspected_units(contract, mapping, source)
    typed = pd.DataFrame(columns).loc[good].reset_index(drop=True)
    records = Records(with_derived(contract, typed), labels[good], checked.persons(good))
    ordered = sorted(checked.problems, key=lambda each: (each.row or 0, each.column))
    dates = dates_of(mapping, table)
    return Validation(
        records,
        ordered,
        table.rows[good],
        checked.pseudonyms(good),
        None if dates is None else dates[good],
    )


@dataclass
class _Checked:
    """A table on its way to records."""

    contract: Contract
    mapping: Mapping
    table: RawTable
    source: str
    problems: list[Problem]
    earlier: Earlier
    missing: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self.missing = frozenset(self.mapping.rows.missing)

    def place(self, column: str) -> Place:
        return Place(self.source, column, self.table.rows)

    def report_missing_columns(self, unneeded: tuple[str, ...] = ()) -> None:
        """Report each mapped column that the source does not have."""
        fix = "Correct its name in the mapping; capitals and spaces count."
        for name in self.mapping.local_columns:
            if name not in self.table.cells and name not in unneeded:
                self.problems.append(self.place(name).whole("a column of this name", fix))

    def report_repeated_patients(self) -> None:
        """Report each row that names no patient, and each after the first where there is one."""
        name = self.mapping.rows.patient
        if name is None or name not in self.table.cells:
            return
        pseudonyms = self.table.cells[name]
        absent = pseudonyms.isna().to_numpy()
        place = self.place(name)
        self.problems += place.problems(absent, "a name or number of the patient", "Fill it in.")
        if self.mapping.rows.patient_rows == "one":
            persons = persons_of(pseudonyms.to_numpy(dtype=object)[~absent])
            repeated = np.zeros_like(absent)
            repeated[~absent] = self.earlier.patients.repeated(persons)
            fix = 'Keep one row per patient, or set rows.patient_rows = "several".'
            self.problems += place.problems(repeated, "a patient who is in no earlier row", fix)

    def persons(self, good: Mask) -> npt.NDArray[np.int64] | None:
        """Return the persons of the good rows; None where each is a person of its own."""
        rows = self.mapping.rows
        if rows.patient_rows == "one" or rows.patient not in self.table.cells:
            return None
        return in_order_of_appearance(self.table.cells[rows.patient].to_numpy()[good])

    def pseudonyms(self, good: Mask) -> npt.NDArray[np.object_] | None:
        """Return whose the good rows are; None where no column says it."""
        name = self.mapping.rows.patient
        return None if name not in self.table.cells else self.table.cells[name].to_numpy()[good]

    def labels(self) -> npt.NDArray[np.object_]:
        """Return the class of each row, None where it is missing or unknown."""
        settings = self.mapping.label
        if settings.column not in self.table.cells:
            return np.full(len(self.table.rows), None, dtype=object)
        allowed = list(self.contract.classes)
        cells = self.table.cells[settings.column]
        labels, absent, unknown = coded(cells, self.missing, settings.codes, allowed)
        place = self.place(settings.column)
        fix = "Fill in the diagnosis, or leave the patient out of the export."
        self.problems += place.problems(absent, "a diagnosis", fix)
        expected = f"a local code of the mapping, or one of {named(allowed)}"
        fix = "Correct the cell, or add its code to label.codes in the mapping."
        self.problems += place.problems(unknown, expected, fix)
        return labels

    def column(self, feature: str, known_term: KnownTerm | None) -> pd.Series:
        """Return the values of a feature; all missing where nothing maps to it."""
        settings = next((each for each in self.mapping.column if each.feature == feature), None)
        raw = None if settings is None else self._raw(settings)
        if raw is None:
            return typed_column(self.contract, feature, [None] * len(self.table.rows))
        kind = self.contract.features[feature]
        values, problems = convert(raw, kind, known_term)
        self.problems += problems
        if isinstance(kind, NumericFeature):
            outside = expected_range(kind)
            self.earlier.outside[feature] += sum(each.expected == outside for each in problems)
            self.earlier.plausible[feature] += int(values.notna().sum())
        return values

    def _raw(self, settings: ColumnSettings) -> RawColumn | None:
        cells = self.table.cells
        needed = {settings.column, settings.unit_column or settings.column}
        if not needed <= set(cells.columns):
            return None
        return RawColumn(
            cells[settings.column],
            cells[settings.unit_column] if settings.unit_column else None,
            settings,
            self.place(settings.column),
            self.missing | frozenset(settings.missing),
            self.mapping.decimal,
        )

    def good_rows(self) -> Mask:
        """Say which rows have no problem."""
        bad = [problem.row for problem in self.problems if problem.row is not None]
        return ~np.isin(self.table.rows, bad)
