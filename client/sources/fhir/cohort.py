"""The patients of an export: who they are to one another, and what is kept of each."""

from __future__ import annotations

from array import array
from sys import intern

from client.sources.fhir.dates import birth_day
from client.sources.fhir.decoding import MalformedResourceError
from client.sources.fhir.references import own_ids, referenced_id
from client.sources.fhir.resources import Patient, Reference

REPLACED = "replaced-by"
NOT_KNOWN = "unknown"


class Cohort:
    """Patients, numbered from 0.

    Attributes
    ----------
    ids : list of str
    births : array of int
        Ordinal of the day of birth; 0 where it is not known.
    genders : list of str or None
    deceased : list of str or None
        ``true``, ``false`` or None.
    """

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.births = array("i")
        self.genders: list[str | None] = []
        self.deceased: list[str | None] = []
        self._numbers: dict[str, int] = {}
        self._same_as: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self.ids)

    def add(self, patient: Patient, full_url: str | None) -> None:
        """Take in a patient; a second resource of the same id replaces the first.

        Raises
        ------
        MalformedResourceError
            When it has neither an id nor an address, or its date of birth is none.
        """
        names = own_ids(patient.id, full_url)
        if not names:
            raise MalformedResourceError("$.id")
        identity = names[0]
        for other in names[1:]:
            self._same_as[other] = identity
        survivor = _replaced_by(patient)
        if survivor is not None and survivor != identity:
            self._same_as[identity] = survivor
            return
        birth = _birth(patient)
        number = self._number(identity)
        self.births[number] = birth
        known = patient.gender not in {None, "", NOT_KNOWN}
        self.genders[number] = intern(str(patient.gender)) if known else None
        self.deceased[number] = _deceased(patient)

    def find(self, reference: Reference | None) -> int:
        """Return the number of the patient that a reference names, -1 where there is none."""
        identity = referenced_id(reference, "Patient")
        return -1 if identity is None else self._numbers.get(identity, -1)

    def complete(self, *, keep_order: bool) -> None:
        """Resolve who is the same as whom; without `keep_order`, put the patients in order."""
        if not keep_order:
            self._sort()
        for other in self._same_as:
            identity = self._survivor(other)
            if identity in self._numbers:
                self._numbers[other] = self._numbers[identity]

    def _number(self, identity: str) -> int:
        number = self._numbers.setdefault(identity, len(self.ids))
        if number == len(self.ids):
            self.ids.append(identity)
            self.births.append(0)
            self.genders.append(None)
            self.deceased.append(None)
        return number

    def _sort(self) -> None:
        order = sorted(range(len(self.ids)), key=self.ids.__getitem__)
        self.ids = [self.ids[number] for number in order]
        self.births = array("i", (self.births[number] for number in order))
        self.genders = [self.genders[number] for number in order]
        self.deceased = [self.deceased[number] for number in order]
        self._numbers = {identity: number for number, identity in enumerate(self.ids)}

    def _survivor(self, identity: str) -> str:
        seen = set()
        while identity in self._same_as and identity not in seen:
            seen.add(identity)
            identity = self._same_as[identity]
        return identity


def _replaced_by(patient: Patient) -> str | None:
    """Return the id of the record that holds this patient's data now."""
    found = (referenced_id(each.other, "Patient") for each in patient.link if each.type == REPLACED)
    return next(found, None)


def _birth(patient: Patient) -> int:
    try:
        return birth_day(patient.birthDate) if patient.birthDate else 0
    except ValueError:
        raise MalformedResourceError("$.birthDate") from None


def _deceased(patient: Patient) -> str | None:
    if patient.deceasedDateTime is not None or patient.deceasedBoolean:
        return "true"
    return "false" if patient.deceasedBoolean is False else None
