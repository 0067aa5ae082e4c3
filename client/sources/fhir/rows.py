"""The rows of the table that an export becomes, and the day each looks back from."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field

from client.sources.fhir.cohort import Cohort
from client.sources.fhir.fields import When
from client.sources.fhir.references import referenced_id
from client.sources.fhir.resources import Reference

NO_ROWS: tuple[int, ...] = ()
FAR_BACK = 10**7


@dataclass
class Rows:
    """Rows, numbered from 0; those of one patient stand together.

    Attributes
    ----------
    patients : array of int, shape (rows,)
        The number of each row's patient.
    index_days : array of int, shape (rows,)
        Ordinal of each row's index date; 0 where it has none.
    classes : list of str or None, shape (rows,)
        Class of the encounter that gave the index date.
    first : array of int or None
        Each patient's first row, and one more; None where each patient is one row.
    of_encounter : dict of str to int
        The row of each encounter, where rows are encounters.
    last_facts : array of int or None
        The latest day on which something was known of each row, where that is kept.
    """

    patients: array[int]
    index_days: array[int]
    classes: list[str | None]
    first: array[int] | None = None
    of_encounter: dict[str, int] = field(default_factory=dict)
    last_facts: array[int] | None = None

    def __len__(self) -> int:
        return len(self.patients)

    def of_patient(self, patient: int) -> Sequence[int]:
        """Return the rows of a patient."""
        if self.first is None:
            return (patient,)
        return range(self.first[patient], self.first[patient + 1])

    def saw(self, patient: int, day: int) -> None:
        """Note that something was known of a patient on a day."""
        if self.last_facts is not None:
            for row in self.of_patient(patient):
                self.last_facts[row] = max(self.last_facts[row], day)

    def use_last_facts(self) -> None:
        """Give rows without an index date the latest day that something was known."""
        for row, day in enumerate(self.last_facts or ()):
            self.index_days[row] = self.index_days[row] or day


def one_row_each(cohort: Cohort) -> Rows:
    """Return one row for each patient, in the patients' order, without index dates."""
    count = len(cohort)
    return Rows(array("i", range(count)), array("i", [0]) * count, [None] * count)


@dataclass(frozen=True)
class Window:
    """Which rows something known of a patient belongs to.

    Attributes
    ----------
    within_days : int
        How far back it may be, with ``before``.
    """

    rows: Rows
    when: When
    within_days: int = FAR_BACK

    def rows_of(self, patient: int, encounter: Reference | None, day: int) -> Sequence[int]:
        """Return the rows to which something of `day` belongs (0: nobody knows when)."""
        if self.when == "ever":
            return self.rows.of_patient(patient)
        if self.when == "encounter":
            identity = referenced_id(encounter, "Encounter")
            row = None if identity is None else self.rows.of_encounter.get(identity)
            same = row is not None and self.rows.patients[row] == patient
            return (row,) if row is not None and same else NO_ROWS
        if day == 0:
            return NO_ROWS
        days = self.rows.index_days
        found = self.rows.of_patient(patient)
        return [row for row in found if days[row] and 0 <= days[row] - day <= self.within_days]
