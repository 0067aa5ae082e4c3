"""Whom a resource is about."""

from __future__ import annotations

from dataclasses import dataclass

from client.sources.fhir.cohort import Cohort
from client.sources.fhir.decoding import Located
from client.sources.fhir.references import referenced_id
from client.sources.fhir.resources import Reference
from client.sources.fhir.set_aside import SetAside


@dataclass(frozen=True)
class Subjects:
    """The patients of an export, and those that it only names."""

    cohort: Cohort
    set_aside: SetAside

    def find(self, subject: Reference | None, at: Located) -> int:
        """Return the patient's number; -1 for one that the export does not have, who is noted.

        Resources about groups, devices and places are nobody's, and -1 too.
        """
        number = self.cohort.find(subject)
        if number < 0:
            identity = referenced_id(subject, "Patient")
            if identity is not None or subject is None or subject.reference is None:
                self.set_aside.absent_patient(identity, at.place)
        return number
