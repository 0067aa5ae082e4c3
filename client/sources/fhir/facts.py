"""Resources about patients into the values that fields keep."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from sys import intern
from typing import Generic, TypeVar

from client.sources.fhir.code_systems import CodeMatcher, CodePattern
from client.sources.fhir.dates import UNDATED, Moment, first_moment
from client.sources.fhir.decoding import Located, MalformedResourceError, decode
from client.sources.fhir.export import Export
from client.sources.fhir.kept_values import Kept
from client.sources.fhir.resources import (
    Condition,
    DocumentReference,
    FamilyMemberHistory,
    Measured,
    Observation,
    Reference,
)
from client.sources.fhir.rows import Window
from client.sources.fhir.subjects import Subjects
from client.sources.fhir.values import (
    VALUE_FIX,
    YES,
    Finding,
    WrongValueError,
    finding,
)

Evidence = TypeVar("Evidence")
IN_ERROR = "entered-in-error"
NO_OBSERVATION = {IN_ERROR, "cancelled"}
NO_DOCUMENT = {IN_ERROR, "superseded"}


@dataclass(frozen=True)
class Target(Generic[Evidence]):
    """One field while an export is read.

    Attributes
    ----------
    patterns : sequence of CodePattern
    window : Window
    value_of : callable
        From what a resource says to the value; None where it says nothing for this field.
    kept : Kept
    subjects : Subjects
    """

    patterns: Sequence[CodePattern]
    window: Window
    value_of: Callable[[Evidence], object | None]
    kept: Kept[object]
    subjects: Subjects

    def keep(
        self,
        patient: int,
        encounter: Reference | None,
        moment: Moment,
        evidence: Evidence,
        at: Located,
    ) -> None:
        """Keep what a resource says of a patient."""
        rows = self.window.rows_of(patient, encounter, moment.day)
        if not rows:
            return
        try:
            value = self.value_of(evidence)
        except WrongValueError as error:
            name, set_aside = self.kept.name, self.subjects.set_aside
            set_aside.mark(rows, name, f"{error.expected} in {at.place}", VALUE_FIX)
            return
        if value is None:
            return
        self.window.rows.saw(patient, moment.day)
        for row in rows:
            self.kept.add(row, moment, value)


class Reader(ABC, Generic[Evidence]):
    """Reads one type of resource for all fields that want it."""

    def __init__(self, targets: Sequence[Target[Evidence]], subjects: Subjects) -> None:
        self._matcher = CodeMatcher([(target.patterns, target) for target in targets])
        self._subjects = subjects

    @abstractmethod
    def __call__(self, raw: bytes, at: Export) -> None:
        """Take in one undecoded resource.

        Raises
        ------
        MalformedResourceError
            When it breaks FHIR's rules.
        DataError
            When it is not JSON.
        """


class ObservationReader(Reader[Measured]):
    """Values of Observations and of their components."""

    def __call__(self, raw: bytes, at: Export) -> None:
        """Take in one Observation; cancelled ones and errors are none."""
        found = decode(Observation, raw, at)
        if found.status in NO_OBSERVATION:
            return
        hits: list[tuple[Target[Measured], Measured]] = [
            (target, found) for target, _ in self._matcher.of_concept(found.code)
        ]
        for part in found.component:
            hits += [(target, part) for target, _ in self._matcher.of_concept(part.code)]
        patient = self._subjects.find(found.subject, at) if hits else -1
        if patient < 0:
            return
        moment = dated(
            found.effectiveDateTime, found.effectivePeriod, found.effectiveInstant, found.issued
        )
        for target, measured in hits:
            target.keep(patient, found.encounter, moment, measured, at)


class ConditionReader(Reader[Finding]):
    """Diagnoses, found and refuted."""

    def __call__(self, raw: bytes, at: Export) -> None:
        """Take in one Condition; errors are none."""
        found = decode(Condition, raw, at)
        status = found.verificationStatus
        if status is not None and status.first_code() == IN_ERROR:
            return
        hits = list(self._matcher.of_concept(found.code))
        patient = self._subjects.find(found.subject, at) if hits else -1
        if patient < 0:
            return
        moment = dated(found.onsetDateTime, found.onsetPeriod, found.recordedDate)
        for target, code in hits:
            target.keep(patient, found.encounter, moment, finding(code, found), at)


class FamilyHistoryReader(Reader[tuple[str, str | None]]):
    """What relatives have: pairs of its code and who they are."""

    def __call__(self, raw: bytes, at: Export) -> None:
        """Take in one FamilyMemberHistory; errors are none."""
        found = decode(FamilyMemberHistory, raw, at)
        if found.status == IN_ERROR:
            return
        relative = None if found.relationship is None else found.relationship.first_code()
        hits = [hit for each in found.condition for hit in self._matcher.of_concept(each.code)]
        patient = self._subjects.find(found.patient, at) if hits else -1
        if patient < 0:
            return
        for target, code in hits:
            target.keep(patient, None, UNDATED, (code, relative), at)


class DocumentReader(Reader[DocumentReference]):
    """Notes."""

    def __call__(self, raw: bytes, at: Export) -> None:
        """Take in one DocumentReference; superseded ones and errors are none."""
        found = decode(DocumentReference, raw, at)
        if found.status in NO_DOCUMENT or found.docStatus == IN_ERROR:
            return
        # A document without a type is still one that a field for all types wants.
        targets = [target for target, _ in self._matcher.of_concept(found.type)]
        targets = targets or list(self._matcher.of_coding(None, ""))
        patient = self._subjects.find(found.subject, at) if targets else -1
        if patient < 0:
            return
        encounters = found.context.encounter if found.context else []
        for target in targets:
            target.keep(patient, next(iter(encounters), None), dated(found.date), found, at)


def dated(*texts: object) -> Moment:
    """Return the first moment that a resource gives.

    Raises
    ------
    MalformedResourceError
        When it is no date of FHIR.
    """
    try:
        return first_moment(*texts)  # type: ignore[arg-type]
    except ValueError:
        raise MalformedResourceError("its date") from None


def family_flag(relationship: list[str] | None) -> Callable[[tuple[str, str | None]], str | None]:
    """Return the function that says ``true`` for a relative who counts."""
    return lambda found: YES if relationship is None or found[1] in relationship else None


def family_code(relationship: list[str] | None) -> Callable[[tuple[str, str | None]], str | None]:
    """Return the function that gives the code of a relative who counts."""
    return lambda found: (
        intern(found[0]) if relationship is None or found[1] in relationship else None
    )
