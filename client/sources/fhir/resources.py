"""The fields of FHIR R4 resources that are read; everything else is skipped undecoded.

Field names are FHIR's own, as the specification writes them.
"""

from __future__ import annotations

from msgspec import Raw, Struct, field


class Coding(Struct, gc=False):
    """A code of a code system."""

    system: str | None = None
    code: str | None = None


class CodeableConcept(Struct, gc=False):
    """One meaning, coded in any number of systems."""

    coding: list[Coding] = []
    text: str | None = None

    def first_code(self) -> str | None:
        """Return the first coding's code."""
        return next((each.code for each in self.coding if each.code is not None), None)


class Reference(Struct, gc=False):
    """A pointer to another resource."""

    reference: str | None = None


class Quantity(Struct, gc=False):
    """A measured amount; `code` is the unit in `system`, `unit` its name for people."""

    value: float | None = None
    comparator: str | None = None
    unit: str | None = None
    system: str | None = None
    code: str | None = None


class Period(Struct, gc=False):
    """A time span; either end may be open."""

    start: str | None = None


class PatientLink(Struct, gc=False):
    """What another Patient resource has to do with this one."""

    other: Reference
    type: str


class Patient(Struct, gc=False):
    """A person."""

    id: str | None = None
    gender: str | None = None
    birthDate: str | None = None  # noqa: N815
    deceasedBoolean: bool | None = None  # noqa: N815
    deceasedDateTime: str | None = None  # noqa: N815
    link: list[PatientLink] = []


class Encounter(Struct, gc=False):
    """A visit or a stay."""

    id: str | None = None
    status: str | None = None
    class_: Coding | None = field(default=None, name="class")
    subject: Reference | None = None
    period: Period | None = None


class Measured(Struct, gc=False):
    """The value of an Observation or of one of its components."""

    code: CodeableConcept | None = None
    valueQuantity: Quantity | None = None  # noqa: N815
    valueCodeableConcept: CodeableConcept | None = None  # noqa: N815
    valueBoolean: bool | None = None  # noqa: N815
    valueInteger: int | None = None  # noqa: N815
    valueString: str | None = None  # noqa: N815
    dataAbsentReason: CodeableConcept | None = None  # noqa: N815


class Observation(Measured, gc=False):
    """Something measured or found."""

    status: str | None = None
    subject: Reference | None = None
    encounter: Reference | None = None
    effectiveDateTime: str | None = None  # noqa: N815
    effectivePeriod: Period | None = None  # noqa: N815
    effectiveInstant: str | None = None  # noqa: N815
    issued: str | None = None
    component: list[Measured] = []


class Condition(Struct, gc=False):
    """A diagnosis or problem."""

    clinicalStatus: CodeableConcept | None = None  # noqa: N815
    verificationStatus: CodeableConcept | None = None  # noqa: N815
    code: CodeableConcept | None = None
    subject: Reference | None = None
    encounter: Reference | None = None
    onsetDateTime: str | None = None  # noqa: N815
    onsetPeriod: Period | None = None  # noqa: N815
    recordedDate: str | None = None  # noqa: N815


class RelativesCondition(Struct, gc=False):
    """What a relative has or had."""

    code: CodeableConcept | None = None


class FamilyMemberHistory(Struct, gc=False):
    """One relative of a patient."""

    status: str | None = None
    patient: Reference | None = None
    relationship: CodeableConcept | None = None
    condition: list[RelativesCondition] = []


class Attachment(Struct, gc=False):
    """A document, inside the resource (base64) or elsewhere."""

    contentType: str | None = None  # noqa: N815
    data: str | None = None
    url: str | None = None


class DocumentContent(Struct, gc=False):
    """One form of a document."""

    attachment: Attachment


class DocumentContext(Struct, gc=False):
    """Where a document belongs."""

    encounter: list[Reference] = []


class DocumentReference(Struct, gc=False):
    """A document about a patient."""

    status: str | None = None
    docStatus: str | None = None  # noqa: N815
    type: CodeableConcept | None = None
    subject: Reference | None = None
    date: str | None = None
    content: list[DocumentContent] = []
    context: DocumentContext | None = None


class Binary(Struct, gc=False):
    """Bytes that a server wraps in a resource."""

    contentType: str | None = None  # noqa: N815
    data: str | None = None


class Kind(Struct, gc=False):
    """What a resource is."""

    resourceType: str | None = None  # noqa: N815


class About(Struct, gc=False):
    """Whom a resource is about; all that is read of one that breaks FHIR's rules elsewhere."""

    id: str | None = None
    subject: Reference | None = None
    patient: Reference | None = None


class Identified(Struct, gc=False):
    """The id of a resource."""

    id: str | None = None


class Link(Struct, gc=False):
    """Where another page of a search is."""

    relation: str
    url: str


class Entry(Struct, gc=False):
    """One resource of a Bundle, not yet decoded; empty where there is none."""

    fullUrl: str | None = None  # noqa: N815
    resource: Raw = Raw()


class Bundle(Struct, gc=False):
    """Resources in one file, or one page of a search."""

    resourceType: str  # noqa: N815
    link: list[Link] = []
    entry: list[Entry] = []
