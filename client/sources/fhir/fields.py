"""The local columns that a mapping makes from FHIR resources, ``[[source.field]]``."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from client.sources.fhir.code_systems import CodePattern, parse_code
from shared.settings_file import StrictModel

Name = Annotated[str, Field(min_length=1)]
When = Literal["ever", "before", "encounter"]
Verification = Literal["confirmed", "unconfirmed", "provisional", "differential"]
UNIT_SUFFIX = "_unit"


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


Codes = Annotated[list[str], BeforeValidator(_as_list), Field(min_length=1)]


class CodedField(StrictModel):
    """What all fields have.

    Attributes
    ----------
    name : str
        The local column.
    code : list of str
        ``system|code``, ``code`` of any system, ``system|I25*`` or ``system|*``; the system by its
        address or a short name of `code_systems.SHORT_NAMES`.
    """

    name: Name
    code: Codes

    @field_validator("code")
    @classmethod
    def _names_codes(cls, code: list[str]) -> list[str]:
        for each in code:
            parse_code(each)
        return code

    @cached_property
    def patterns(self) -> Sequence[CodePattern]:
        """What its codes match."""
        return [parse_code(each) for each in self.code]

    @property
    def columns(self) -> list[str]:
        """The local columns that it makes."""
        return [self.name]


class DatedField(CodedField):
    """A field of dated resources.

    Attributes
    ----------
    when : {"ever", "before", "encounter"} or None
        All that is known of the patient, only what was until the row's index date (that day
        included), or only what names the row's encounter. Without it, the last where rows are
        encounters, else the first.
    within_days : int or None
        With ``before``: how many days before the index date count.
    """

    when: When | None = None
    within_days: int | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _days_before_what(self) -> DatedField:
        if self.within_days is not None and self.when != "before":
            raise ValueError('within_days needs when = "before"')
        return self


class ObservationField(DatedField):
    """Something measured; also the components of an Observation are looked at.

    Attributes
    ----------
    value : {"quantity", "code", "text"}
        A number with its unit, in columns `name` and ``name_unit``; a code, truth value, whole
        number or short text as a code; or a text.
    take : {"last", "first", "mean", "minimum", "maximum"}
        Which one where there are many.
    limits : {"keep", "missing"}
        What ``< 5`` counts as: 5, or nothing.
    otherwise : str or None
        Code of a row without any.
    """

    resource: Literal["Observation"]
    value: Literal["quantity", "code", "text"] = "quantity"
    take: Literal["last", "first", "mean", "minimum", "maximum"] = "last"
    limits: Literal["keep", "missing"] = "keep"
    otherwise: str | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> ObservationField:
        if self.value != "quantity" and self.take not in {"last", "first"}:
            raise ValueError(f"take = {self.take!r} needs numbers, so value = 'quantity'")
        if self.value == "quantity" and self.otherwise is not None:
            raise ValueError("otherwise needs value = 'code' or 'text'")
        return self

    @property
    def columns(self) -> list[str]:
        """The number and its unit, or the code."""
        unit = [self.name + UNIT_SUFFIX] if self.value == "quantity" else []
        return [self.name, *unit]


class ConditionField(DatedField):
    """Diagnoses and problems.

    Attributes
    ----------
    value : {"flag", "code", "terms"}
        ``true`` where there is one and ``false`` where it was refuted, the code of one, or the
        codes of all.
    take : {"last", "first"}
        Which code where there are many.
    findings : {"observed", "excluded"}
        For terms and codes: those that were found, or those that were refuted.
    verification : sequence of str
        The verificationStatus of what counts as found; a Condition without one does.
    clinical : list of str or None
        The clinicalStatus of what counts; without it, all.
    otherwise : str or None
        What a row without any gets, for example ``false`` or the code of no disease.
    """

    resource: Literal["Condition"]
    value: Literal["flag", "code", "terms"] = "flag"
    take: Literal["last", "first"] = "last"
    findings: Literal["observed", "excluded"] = "observed"
    verification: tuple[Verification, ...] = ("confirmed", "unconfirmed", "provisional")
    clinical: list[str] | None = None
    otherwise: str | None = None

    @model_validator(mode="after")
    def _flag_knows_both(self) -> ConditionField:
        if self.value == "flag" and self.findings == "excluded":
            raise ValueError("a flag is false where a finding was refuted; leave out findings")
        return self


class FamilyHistoryField(CodedField):
    """What relatives have.

    Attributes
    ----------
    value : {"flag", "terms"}
        ``true`` where a relative has one, or the codes of all.
    relationship : list of str or None
        Codes of the relatives that count, such as ``FTH`` and ``MTH``; without it, all.
    otherwise : str or None
        What a row without any gets.
    """

    resource: Literal["FamilyMemberHistory"]
    value: Literal["flag", "terms"] = "flag"
    relationship: list[str] | None = None
    otherwise: str | None = None


class DocumentField(DatedField):
    """Notes in plain text.

    Attributes
    ----------
    code : list of str
        Types of document; without it, all.
    take : {"last", "first", "all"}
        ``all`` joins them in order of their dates, with a blank line between.
    """

    resource: Literal["DocumentReference"]
    code: Codes = Field(default_factory=lambda: ["*"])
    take: Literal["last", "first", "all"] = "last"


AnyField = Annotated[
    ObservationField | ConditionField | FamilyHistoryField | DocumentField,
    Field(discriminator="resource"),
]
