"""The fields of a mapping as targets of a reading: what is taken, and where it is kept."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from client.sources.fhir.code_systems import CodePattern
from client.sources.fhir.dates import Moment
from client.sources.fhir.documents import Fetch, KeptNotes, note_of
from client.sources.fhir.export import Export
from client.sources.fhir.facts import (
    ConditionReader,
    DocumentReader,
    FamilyHistoryReader,
    ObservationReader,
    Reader,
    Target,
    family_code,
    family_flag,
)
from client.sources.fhir.fields import (
    AnyField,
    ConditionField,
    DatedField,
    DocumentField,
    FamilyHistoryField,
    ObservationField,
    When,
)
from client.sources.fhir.kept_values import (
    CombinedNumbers,
    FirstOrLastCodes,
    FirstOrLastNumbers,
    Kept,
    KeptFlags,
    KeptTerms,
)
from client.sources.fhir.rows import FAR_BACK, Rows, Window
from client.sources.fhir.subjects import Subjects
from client.sources.fhir.values import amount_of, code_of, finding_code_of, flag_of, text_of

READERS: dict[str, type[Reader[Any]]] = {
    "Observation": ObservationReader,
    "Condition": ConditionReader,
    "FamilyMemberHistory": FamilyHistoryReader,
    "DocumentReference": DocumentReader,
}


@dataclass(frozen=True)
class Places:
    """Where values are kept during one reading."""

    rows: Rows
    subjects: Subjects
    export: Export
    one_row_per: str

    @property
    def fetch(self) -> Fetch:
        """How documents are fetched."""
        return self.export.document


class FirstDays(Kept[object]):
    """The first day of each patient's row becomes its index date."""

    def __init__(self, name: str, rows: Rows) -> None:
        super().__init__(name)
        self._days = rows.index_days
        self._seconds = array("d", [float("inf")]) * len(rows)

    def add(self, row: int, moment: Moment, value: object) -> None:  # noqa: ARG002
        """Take in a moment; an undated one is none."""
        if moment.day and moment.seconds < self._seconds[row]:
            self._seconds[row], self._days[row] = moment

    def columns(self, start: int, stop: int) -> Mapping[str, pd.Series]:  # noqa: ARG002
        """Return nothing: the rows have the days."""
        return {}


def target_of(field: AnyField, places: Places) -> Target[Any]:
    """Return the target of one field."""
    return _target(field, _kept(field, places), places)


def index_target(field: AnyField, places: Places) -> Target[Any]:
    """Return the target that sets the index date to a field's first one."""
    return _target(field, FirstDays(field.name, places.rows), places)


def readers_of(
    targets: Sequence[tuple[AnyField, Target[Any]]], subjects: Subjects
) -> dict[str, Reader[Any]]:
    """Return a reader for each type of resource that a target wants."""
    kinds = dict.fromkeys(field.resource for field, _ in targets)
    return {
        kind: READERS[kind](
            [target for field, target in targets if field.resource == kind], subjects
        )
        for kind in kinds
    }


def wanted_codes(fields: Sequence[AnyField]) -> dict[str, list[CodePattern] | None]:
    """Return the codes that are looked for in each type of resource; None for all."""
    wanted: dict[str, list[CodePattern] | None] = {}
    for kind in dict.fromkeys(field.resource for field in fields):
        patterns = [each for field in fields if field.resource == kind for each in field.patterns]
        wanted[kind] = None if any(each.is_prefix for each in patterns) else patterns
    return wanted


def _target(field: AnyField, kept: Kept[Any], places: Places) -> Target[Any]:
    when = field.when if isinstance(field, DatedField) else "ever"
    usual: When = "encounter" if places.one_row_per == "encounter" else "ever"
    within = field.within_days if isinstance(field, DatedField) else None
    window = Window(places.rows, when or usual, FAR_BACK if within is None else within)
    return Target(field.patterns, window, _value_of(field), kept, places.subjects)


def _value_of(field: AnyField) -> Any:  # noqa: ANN401 -- its argument depends on the resource
    if isinstance(field, ObservationField):
        return {"quantity": amount_of(field), "code": code_of, "text": text_of}[field.value]
    if isinstance(field, ConditionField):
        return flag_of(field) if field.value == "flag" else finding_code_of(field)
    if isinstance(field, FamilyHistoryField):
        make = family_flag if field.value == "flag" else family_code
        return make(field.relationship)
    return note_of


def _kept(field: AnyField, places: Places) -> Kept[Any]:
    rows, set_aside = len(places.rows), places.subjects.set_aside
    if isinstance(field, DocumentField):
        return KeptNotes(field, rows, places.fetch, set_aside)
    if isinstance(field, ObservationField) and field.value == "quantity":
        if field.take in {"first", "last"}:
            return FirstOrLastNumbers(field.name, rows, first=field.take == "first")
        return CombinedNumbers(field.name, rows, field.take, set_aside)
    if field.resource != "Observation" and field.value == "flag":
        return KeptFlags(field.name, rows, field.otherwise)
    if field.resource != "Observation" and field.value == "terms":
        return KeptTerms(field.name, rows, field.otherwise)
    first = not isinstance(field, FamilyHistoryField) and field.take == "first"
    return FirstOrLastCodes(field.name, rows, field.otherwise, first=first)
