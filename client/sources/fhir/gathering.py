"""One reading of an export: patients, then their encounters, then everything about them."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from client.sources.fhir.cohort import Cohort
from client.sources.fhir.decoding import MalformedResourceError, about, decode
from client.sources.fhir.encounters import EncounterRows, IndexEncounters
from client.sources.fhir.export import Export, Wanted
from client.sources.fhir.fields import AnyField, DatedField
from client.sources.fhir.kept_values import Kept
from client.sources.fhir.references import own_ids
from client.sources.fhir.resources import Patient
from client.sources.fhir.rows import Rows, one_row_each
from client.sources.fhir.set_aside import RESOURCE_FIX, SetAside
from client.sources.fhir.settings import AGE, ENCOUNTER_CLASS, INDEX_DATE, LAST_SEEN, FhirSettings
from client.sources.fhir.subjects import Subjects
from client.sources.fhir.targets import (
    Places,
    index_target,
    readers_of,
    target_of,
    wanted_codes,
)
from shared.errors import DataError

Handler = Callable[[bytes, Export], None]


@dataclass(frozen=True)
class Gathered:
    """What an export came to.

    Attributes
    ----------
    cohort : Cohort
    rows : Rows
    kept : list of Kept
        Of the fields that were asked for.
    set_aside : SetAside
    absent : set of str
        Types of resource of which there was none.
    """

    cohort: Cohort
    rows: Rows
    kept: list[Kept[object]]
    set_aside: SetAside
    absent: set[str]


class Gathering:
    """Reads an export once for the columns that are asked for.

    Raises
    ------
    DataError
        When the export cannot be read, or has no patients, or no encounters where they are the
        rows.
    """

    def __init__(self, settings: FhirSettings, export: Export, columns: Sequence[str]) -> None:
        self._settings = settings
        self._export = export
        self._fields: list[AnyField] = [
            field for field in settings.field if set(field.columns) & set(columns)
        ]
        self._wants_class = ENCOUNTER_CLASS in columns
        looks_back = any(
            isinstance(each, DatedField) and each.when == "before" for each in self._fields
        )
        self._wants_index = looks_back or bool({AGE, INDEX_DATE} & set(columns))
        self._subjects = Subjects(Cohort(), SetAside())
        self._rows: Rows | None = None
        self._met: set[str] = set()

    def gather(self) -> Gathered:
        """Read everything."""
        self._read({"Patient": None}, {"Patient": self._patient})
        cohort = self._subjects.cohort
        cohort.complete(keep_order=self._export.keeps_order)
        if len(cohort) == 0:
            raise DataError(
                f"{self._export.name} holds no Patient resources.",
                "Export them too; every row begins with a patient.",
            )
        self._rows = self._make_rows()
        kept = self._read_facts(self._rows)
        self._rows.use_last_facts()
        absent = {str(field.resource) for field in self._fields} - self._met
        return Gathered(cohort, self._rows, kept, self._subjects.set_aside, absent)

    def _patient(self, raw: bytes, at: Export) -> None:
        self._subjects.cohort.add(decode(Patient, raw, at), at.full_url)

    def _make_rows(self) -> Rows:
        settings, subjects = self._settings, self._subjects
        if settings.one_row_per == "encounter":
            encounters = EncounterRows(subjects, settings.encounter_class)
            self._read({"Encounter": None}, {"Encounter": encounters})
            rows = encounters.rows()
            if len(rows) == 0:
                raise DataError(
                    f"{self._export.name} holds no Encounter resources that count.",
                    "Export them too, or correct encounter_class or one_row_per in the mapping.",
                )
            return rows
        self._rows = one_row_each(subjects.cohort)
        if self._wants_index or self._wants_class:
            self._set_index(self._rows)
        return self._rows

    def _set_index(self, rows: Rows) -> None:
        """Give each patient's row its index date, as far as it is known without other facts."""
        index, name = self._settings.index, self._settings.index_field
        if isinstance(index, date):
            rows.index_days[:] = array("i", [index.toordinal()]) * len(rows)
        elif name is not None:
            field = next(each for each in self._settings.field if each.name == name)
            target = index_target(field, self._places(rows))
            self._read(wanted_codes([field]), readers_of([(field, target)], self._subjects))
        elif index == LAST_SEEN:
            rows.last_facts = array("i", [0]) * len(rows)
        sets_index = self._wants_index and isinstance(index, str) and name is None
        if sets_index or self._wants_class:
            self._read_encounters(rows, sets_index=sets_index)

    def _read_encounters(self, rows: Rows, *, sets_index: bool) -> None:
        handler = IndexEncounters(
            rows,
            self._subjects,
            self._settings.encounter_class,
            first=self._settings.index == "first_encounter",
            sets_index=sets_index,
        )
        self._read({"Encounter": None}, {"Encounter": handler})

    def _read_facts(self, rows: Rows) -> list[Kept[object]]:
        places = self._places(rows)
        targets = [(field, target_of(field, places)) for field in self._fields]
        if targets:
            self._read(wanted_codes(self._fields), readers_of(targets, self._subjects))
        return [target.kept for _, target in targets]

    def _places(self, rows: Rows) -> Places:
        return Places(rows, self._subjects, self._export, self._settings.one_row_per)

    def _read(self, wanted: Wanted, handlers: Mapping[str, Handler]) -> None:
        export = self._export
        for kind, raw in export.resources(wanted):
            self._met.add(kind)
            try:
                handlers[kind](raw, export)
            except MalformedResourceError as error:
                self._note_malformed(kind, raw, error.path)

    def _note_malformed(self, kind: str, raw: bytes, path: str) -> None:
        """Set aside whoever a malformed resource is about."""
        found, place = about(raw), self._export.place
        expected = f"FHIR R4 in {place} ({kind}: {path} is not what it should be)"
        patient = self._subjects.cohort.find(found.subject or found.patient)
        if kind == "Patient" or self._rows is None or patient < 0:
            names = own_ids(found.id, self._export.full_url)
            name = f"{kind}/{names[0]}" if names else place
            self._subjects.set_aside.unusable(name, expected)
        else:
            rows = self._rows.of_patient(patient)
            self._subjects.set_aside.mark(rows, "", expected, RESOURCE_FIX)
