"""What a field takes from one resource."""

from __future__ import annotations

from collections.abc import Callable
from sys import intern
from typing import NamedTuple

from client.sources.fhir.fields import ConditionField, ObservationField
from client.sources.fhir.resources import Condition, Measured, Quantity

UCUM = "http://unitsofmeasure.org"
NO_UNIT = "1"
REFUTED = "refuted"
YES, NO = "true", "false"
VALUE_FIX = "Correct it at the source; value in the field of the mapping says what is read."


class WrongValueError(Exception):
    """A value that a field has no use for.

    Attributes
    ----------
    expected : str
    """

    def __init__(self, expected: str) -> None:
        super().__init__(expected)
        self.expected = expected


class Amount(NamedTuple):
    """A number and its unit; the unit is empty where none was given."""

    number: float
    unit: str


class Finding(NamedTuple):
    """A code of a Condition, and how sure and how present it is."""

    code: str
    verification: str | None
    clinical: str | None


def finding(code: str, condition: Condition) -> Finding:
    """Return one code of a Condition with the condition's status."""
    verification, clinical = condition.verificationStatus, condition.clinicalStatus
    return Finding(
        code,
        None if verification is None else verification.first_code(),
        None if clinical is None else clinical.first_code(),
    )


def amount_of(field: ObservationField) -> Callable[[Measured], Amount | None]:
    """Return the function from an Observation to its number and unit.

    None where nothing was measured, or only a limit is known and the field wants none.

    Raises
    ------
    WrongValueError
        (by the function) where the value is no number.
    """
    skip_limits = field.limits == "missing"

    def amount(measured: Measured) -> Amount | None:
        quantity = measured.valueQuantity
        if quantity is not None and quantity.value is not None:
            if skip_limits and quantity.comparator is not None:
                return None
            return Amount(quantity.value, _unit(quantity))
        if measured.valueInteger is not None:
            return Amount(float(measured.valueInteger), NO_UNIT)
        _refuse_other_kinds(measured, "a quantity")
        return None

    return amount


def code_of(measured: Measured) -> str | None:
    """Return the value as a code; truth values as ``true`` and ``false``."""
    if measured.valueCodeableConcept is not None:
        code = measured.valueCodeableConcept.first_code() or measured.valueCodeableConcept.text
        return None if code is None else intern(code)
    if measured.valueBoolean is not None:
        return YES if measured.valueBoolean else NO
    if measured.valueInteger is not None:
        return str(measured.valueInteger)
    if measured.valueString is not None:
        return measured.valueString
    _refuse_other_kinds(measured, "a code, truth value, whole number or text")
    return None


def text_of(measured: Measured) -> str | None:
    """Return the value as text."""
    if measured.valueString is not None:
        return measured.valueString
    if measured.valueCodeableConcept is not None:
        return measured.valueCodeableConcept.text
    _refuse_other_kinds(measured, "a text")
    return None


def flag_of(field: ConditionField) -> Callable[[Finding], str | None]:
    """Return the function from a finding to ``true``, ``false`` (refuted) or None (neither)."""
    is_observed = _observed(field)

    def flag(found: Finding) -> str | None:
        if found.verification == REFUTED:
            return NO
        return YES if is_observed(found) else None

    return flag


def finding_code_of(field: ConditionField) -> Callable[[Finding], str | None]:
    """Return the function from a finding to its code, None where it does not count."""
    is_observed = _observed(field)
    if field.findings == "excluded":
        return lambda found: intern(found.code) if found.verification == REFUTED else None
    return lambda found: intern(found.code) if is_observed(found) else None


def _observed(field: ConditionField) -> Callable[[Finding], bool]:
    sure = {None, *field.verification}
    present = None if field.clinical is None else set(field.clinical)
    return lambda found: (
        found.verification in sure and (present is None or found.clinical in present)
    )


def _unit(quantity: Quantity) -> str:
    """Return the unit's UCUM code, else the name that people read."""
    if quantity.code and quantity.system in {None, UCUM}:
        return quantity.code
    return quantity.unit or ""


def _refuse_other_kinds(measured: Measured, expected: str) -> None:
    """Refuse a value of another kind than what is expected; none at all is fine."""
    values = (
        measured.valueQuantity,
        measured.valueCodeableConcept,
        measured.valueBoolean,
        measured.valueInteger,
        measured.valueString,
    )
    quantity = measured.valueQuantity
    empty = quantity is not None and quantity.value is None
    if any(value is not None for value in values) and not empty:
        raise WrongValueError(expected)
