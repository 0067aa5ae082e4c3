"""What checks look at: every row of a source, as its cells and as typed values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, wraps
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from client.data_quality.finding import Detail, Finding, Kind, Severity, row_numbers
from client.data_quality.settings import QualitySettings
from client.sources.codes import codes_of
from client.sources.mapping import ColumnSettings, Mapping
from shared.contract import Contract, Feature
from shared.errors import Problem
from shared.records import Records, in_order_of_appearance, with_derived

Mask = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.float64]
Result = TypeVar("Result")


def remembered(
    compute: Callable[[HospitalRows, str], Result],
) -> Callable[[HospitalRows, str], Result]:
    """Compute what several checks need of a feature once for the same rows."""

    @wraps(compute)
    def found(rows: HospitalRows, feature: str) -> Result:
        key = (compute.__qualname__, feature)
        if key not in rows.memory:
            rows.memory[key] = compute(rows, feature)
        result: Result = rows.memory[key]
        return result

    return found


@dataclass(frozen=True)
class HospitalRows:
    """The rows of one hospital, those among them that no model learns from.

    Attributes
    ----------
    contract : Contract
    mapping : Mapping
    settings : QualitySettings
    today : date
    rows : int64 array of shape (rows,)
        Numbers as a spreadsheet shows them.
    cells : DataFrame of shape (rows, mapped columns)
        As the source holds them, with pseudonyms for patients.
    table : DataFrame of shape (rows, recorded features)
        Typed as `shared.records.Records` has them; what cannot be right is missing.
    numbers : dict of str to float64 array of shape (rows,)
        Numeric features in the contract's unit, whether or not they are in its range.
    labels : object array of shape (rows,)
        Class codes; None where missing or unknown.
    dates : datetime64[D] array of shape (rows,) or None
        Of the records; not-a-time where missing or unreadable.
    problems : list of Problem
        Why rows are set aside.
    probabilities : float64 array of shape (rows, leaves of the contract) or None
        Of models that did not learn from the row; not a number where there are none.
    memory : dict
        See `remembered`; begins anew with each copy.
    """

    contract: Contract
    mapping: Mapping
    settings: QualitySettings
    today: date
    rows: npt.NDArray[np.int64]
    cells: pd.DataFrame
    table: pd.DataFrame
    numbers: dict[str, Numbers]
    labels: npt.NDArray[np.object_]
    dates: npt.NDArray[np.datetime64] | None = None
    problems: list[Problem] = field(default_factory=list)
    probabilities: Numbers | None = None
    memory: dict[tuple[str, str], Any] = field(default_factory=dict, init=False, repr=False)

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def columns(self) -> dict[str, ColumnSettings]:
        """The mapped columns by feature, without those that the source lacks."""
        return {
            each.feature: each for each in self.mapping.column if each.column in self.cells.columns
        }

    def mapped(self) -> list[tuple[Feature, ColumnSettings]]:
        """Return the features that have a column."""
        return [(self.contract.recorded[name], settings) for name, settings in self.columns.items()]

    def cells_of(self, feature: str) -> pd.Series:
        """Return the raw cells of a feature."""
        return self.cells[self.columns[feature].column]

    def declared_missing(self, feature: str) -> frozenset[str]:
        """Return the codes that the mapping says mean missing."""
        settings = self.columns[feature]
        return frozenset(self.mapping.rows.missing) | frozenset(settings.missing)

    @remembered
    def local_codes(self, feature: str) -> npt.NDArray[np.object_]:
        """Return the normalised code of each cell, None where the mapping says it is missing."""
        return codes_of(self.cells_of(feature), self.declared_missing(feature))

    def absent(self, feature: str) -> Mask:
        """Say which rows have no value, as the mapping reads them."""
        return pd.isna(self.local_codes(feature))

    @cached_property
    def persons(self) -> npt.NDArray[np.object_] | None:
        """Pseudonyms, None where missing; None where no column tells patients apart."""
        name = self.mapping.rows.patient
        if name is None or name not in self.cells.columns:
            return None
        return self.cells[name].to_numpy(dtype=object)

    @cached_property
    def clinics(self) -> npt.NDArray[np.object_] | None:
        """The clinic of each record, None where missing; None where no column says it."""
        name = self.mapping.rows.clinic
        if name is None or name not in self.cells.columns:
            return None
        return codes_of(self.cells[name], frozenset(self.mapping.rows.missing))

    @cached_property
    def groups(self) -> npt.NDArray[np.object_]:
        """The coarsest class of each row, None where it has none."""
        known = {code: self.contract.group_of(code) for code in self.contract.classes}
        return np.array([known.get(label) for label in self.labels], dtype=object)

    @cached_property
    def good(self) -> Mask:
        """Which rows are set aside by nothing, and have a diagnosis."""
        bad = [problem.row for problem in self.problems if problem.row is not None]
        labelled = ~pd.isna(self.labels)
        return labelled & ~np.isin(self.rows, bad)

    def records(self) -> Records:
        """Return the good rows as records; see `good`."""
        typed = self.table.loc[self.good].reset_index(drop=True)
        persons = None
        if self.mapping.rows.patient_rows == "several" and self.persons is not None:
            persons = in_order_of_appearance(self.persons[self.good])
        return Records(with_derived(self.contract, typed), self.labels[self.good], persons)

    def finding(
        self,
        kind: Kind,
        severity: Severity,
        found: Mask,
        feature: str = "",
        looked_at: int | None = None,
        **details: Detail,
    ) -> Finding:
        """Return a finding about the rows where `found` is true."""
        column = self.columns[feature].column if feature in self.columns else ""
        return Finding(
            kind,
            severity,
            row_numbers(self.rows[found]),
            len(self) if looked_at is None else looked_at,
            feature,
            column,
            details,
        )
