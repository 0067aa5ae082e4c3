"""What could not be used, by row or by patient, each with its reason; never a value."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from shared.errors import Problem

PATIENT_FIX = "Export this patient too, or leave what is about the patient out of the export."
RESOURCE_FIX = "Correct the resource at the source and export it again."


@dataclass
class SetAside:
    """The problems of a reading.

    Attributes
    ----------
    of_rows : dict of (row, column) to (expected, fix)
        The first problem of each cell; the column is empty for a whole row.
    beyond : dict of str to (expected, fix)
        Patients and encounters that there is no row for, by id. Each counts as a row that was read.
    """

    of_rows: dict[tuple[int, str], tuple[str, str]] = field(default_factory=dict)
    beyond: dict[str, tuple[str, str]] = field(default_factory=dict)

    def mark(self, rows: Iterable[int], column: str, expected: str, fix: str) -> None:
        """Note what is wrong with a column of some rows."""
        for row in rows:
            self.of_rows.setdefault((row, column), (expected, fix))

    def absent_patient(self, patient: str | None, place: str) -> None:
        """Note a patient whom resources name and the export does not have."""
        expected = f"a patient of this export, where {place} names another or none"
        self.beyond.setdefault(f"Patient/{patient}", (expected, PATIENT_FIX))

    def unusable(self, resource: str, expected: str) -> None:
        """Note a resource without which there is no row."""
        self.beyond.setdefault(resource, (expected, RESOURCE_FIX))

    def problems(self, source: str, first: int, start: int, stop: int) -> list[Problem]:
        """Return the problems of rows `start` to `stop`, of which row 0 has the number `first`."""
        return [
            Problem(source, first + row, column, expected, fix)
            for (row, column), (expected, fix) in sorted(self.of_rows.items())
            if start <= row < stop
        ]

    def problems_beyond(self, source: str, first: int) -> list[Problem]:
        """Return the problems without a row, numbered from `first` on."""
        return [
            Problem(source, number, "", expected, fix)
            for number, (expected, fix) in enumerate(self.beyond.values(), first)
        ]
