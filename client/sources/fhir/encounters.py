"""Visits and stays: they are the rows, or give each patient's row its index date."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from sys import intern

from client.sources.fhir.dates import UNDATED, Moment, first_moment
from client.sources.fhir.decoding import MalformedResourceError, decode
from client.sources.fhir.export import Export
from client.sources.fhir.references import own_ids
from client.sources.fhir.resources import Encounter
from client.sources.fhir.rows import Rows
from client.sources.fhir.subjects import Subjects

DID_NOT_HAPPEN = {"planned", "cancelled", "entered-in-error"}


class _Encounters:
    """What both uses of encounters have in common."""

    def __init__(self, subjects: Subjects, classes: list[str] | None) -> None:
        self._subjects = subjects
        self._counted = None if classes is None else set(classes)

    def read(self, raw: bytes, at: Export) -> tuple[Encounter, int, Moment] | None:
        """Return an encounter that counts, its patient and its beginning."""
        found = decode(Encounter, raw, at)
        code = None if found.class_ is None else found.class_.code
        if self._counted is not None and code not in self._counted:
            return None
        patient = self._subjects.find(found.subject, at)
        if found.status in DID_NOT_HAPPEN or patient < 0:
            return None
        try:
            return found, patient, first_moment(found.period)
        except ValueError:
            raise MalformedResourceError("$.period.start") from None


class IndexEncounters(_Encounters):
    """Gives each patient's row the class, and perhaps the day, of the first or last encounter."""

    def __init__(
        self,
        rows: Rows,
        subjects: Subjects,
        classes: list[str] | None,
        *,
        first: bool,
        sets_index: bool,
    ) -> None:
        super().__init__(subjects, classes)
        self._rows = rows
        self._sets_index = sets_index
        self._sign = -1.0 if first else 1.0
        self._best = array("d", [UNDATED.seconds]) * len(rows)

    def __call__(self, raw: bytes, at: Export) -> None:
        """Take in one Encounter."""
        found = self.read(raw, at)
        if found is None or found[2].day == 0:
            return
        encounter, row, moment = found
        rank = self._sign * moment.seconds
        # Of two at the same moment, the later read for the last, the earlier read for the first.
        if rank > self._best[row] or (self._sign > 0 and rank == self._best[row]):
            self._best[row] = rank
            self._rows.classes[row] = _class(encounter)
            if self._sets_index:
                self._rows.index_days[row] = moment.day


@dataclass
class _Kept:
    patients: array[int] = field(default_factory=lambda: array("i"))
    seconds: array[float] = field(default_factory=lambda: array("d"))
    days: array[int] = field(default_factory=lambda: array("i"))
    classes: list[str | None] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)


class EncounterRows(_Encounters):
    """Makes a row of each encounter, those of a patient in order of their beginnings."""

    def __init__(self, subjects: Subjects, classes: list[str] | None) -> None:
        super().__init__(subjects, classes)
        self._kept = _Kept()
        self._places: dict[str, int] = {}

    def __call__(self, raw: bytes, at: Export) -> None:
        """Take in one Encounter; a second resource of the same id replaces the first."""
        found = self.read(raw, at)
        if found is None:
            return
        encounter, patient, moment = found
        names = own_ids(encounter.id, at.full_url)
        if not names:
            raise MalformedResourceError("$.id")
        place = self._places.setdefault(names[0], len(self._kept.ids))
        if place == len(self._kept.ids):
            self._append(names[0])
        self._places.update(dict.fromkeys(names[1:], place))
        self._kept.patients[place] = patient
        self._kept.seconds[place], self._kept.days[place] = moment
        self._kept.classes[place] = _class(encounter)

    def _append(self, identity: str) -> None:
        self._kept.ids.append(identity)
        self._kept.patients.append(0)
        self._kept.seconds.append(0.0)
        self._kept.days.append(0)
        self._kept.classes.append(None)

    def rows(self) -> Rows:
        """Return the rows of all encounters that were taken in."""
        kept = self._kept
        # The id settles the order of two that began together, wherever they stood.
        order = sorted(
            range(len(kept.ids)),
            key=lambda place: (kept.patients[place], kept.seconds[place], kept.ids[place]),
        )
        patients = array("i", (kept.patients[place] for place in order))
        row_of = array("i", sorted(range(len(order)), key=order.__getitem__))
        return Rows(
            patients=patients,
            index_days=array("i", (kept.days[place] for place in order)),
            classes=[kept.classes[place] for place in order],
            first=_first_rows(patients, len(self._subjects.cohort)),
            of_encounter={name: row_of[place] for name, place in self._places.items()},
        )


def _class(encounter: Encounter) -> str | None:
    code = None if encounter.class_ is None else encounter.class_.code
    return None if code is None else intern(code)


def _first_rows(patients: array[int], count: int) -> array[int]:
    """Return the first row of each patient, and the number of rows."""
    first = array("i", [0]) * (count + 1)
    for patient in patients:
        first[patient + 1] += 1
    for patient in range(count):
        first[patient + 1] += first[patient]
    return first
