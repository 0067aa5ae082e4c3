"""One value of a patient into the type of its feature, or what is wrong with it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from functools import lru_cache

import numpy as np

from client.serving.case import Value
from client.sources.expected import expected_range, named, plausible_number
from client.sources.units import Conversion, conversion
from shared.contract import (
    CategoricalFeature,
    Feature,
    FlagFeature,
    NumericFeature,
    TermsFeature,
    TextFeature,
)
from shared.ontology import Terminology

Words = tuple[str, str]
CORRECT = "Correct the value, or leave it out where it is not known."


class BadValueError(Exception):
    """A value that does not meet the contract.

    Attributes
    ----------
    found : list of (str, (str, str))
        Where in the field, what was expected, and the fix.
    """

    def __init__(self, found: list[tuple[str, Words]]) -> None:
        super().__init__("a value that does not meet the contract")
        self.found = found


def bad(expected: str, fix: str = CORRECT, place: str = "") -> BadValueError:
    """Return the error of one problem."""
    return BadValueError([(place, (expected, fix))])


def read_value(
    feature: Feature,
    value: object,
    terminology_of: Callable[[str], Terminology],
) -> Value:
    """Return a value as models see it; None where it is missing.

    Raises
    ------
    BadValueError
        Saying what was expected.
    """
    if isinstance(feature, TermsFeature):
        return read_terms(feature, value, terminology_of)
    if value is None or value == "":
        return None
    if isinstance(feature, NumericFeature):
        return read_number(feature, value)
    if isinstance(feature, FlagFeature):
        return read_flag(value)
    if isinstance(feature, CategoricalFeature):
        return read_code(feature, value)
    return read_text(feature, value)


def read_number(feature: NumericFeature, value: object) -> float | None:
    """Read a number, in the contract's unit or with its own."""
    unit: object = None
    if type(value) is not float and isinstance(value, Mapping):
        if not {"value", "unit"} >= set(value):
            raise bad("a number, or a value with its unit")
        unit = value.get("unit")
        value = value.get("value")
        if value is None:
            return None
    number = _plain_number(value)
    if unit is not None and unit != feature.unit:
        known = isinstance(unit, str) and unit != ""
        convert = _conversion(str(unit), feature.unit, feature.analyte) if known else None
        if convert is None:
            expected = f"a unit that converts to {feature.unit}"
            raise bad(expected, "Correct the unit, or convert the value at the source.", ".unit")
        number = float(convert(np.array([number]))[0])
    plausible = plausible_number(number, feature)
    if plausible is None:
        raise bad(expected_range(feature))
    return plausible


# Bounded, since units come from outside.
@lru_cache(maxsize=1024)
def _conversion(unit: str, target: str, analyte: str | None) -> Conversion | None:
    return conversion(unit, target, analyte)


def _plain_number(value: object) -> float:
    number = math.nan
    if type(value) is float:
        number = value
    elif isinstance(value, int | float) and not isinstance(value, bool):
        # A whole number may have more digits than a float holds.
        number = float(value) if abs(value) < 1e300 else math.nan
    elif isinstance(value, str) and re.fullmatch(r"\s*[+-]?\d+(\.\d*)?([eE][+-]?\d+)?\s*", value):
        number = float(value)
    if not math.isfinite(number):
        raise bad("a number with a decimal point")
    return number


def read_flag(value: object) -> float:
    """Read yes or no."""
    if isinstance(value, bool | int | float) and value in (0, 1):
        return float(value)
    raise bad("true or false")


def read_code(feature: CategoricalFeature, value: object) -> str:
    """Read a code; a whole number is the code of its digits."""
    codes = [each.code for each in feature.codes]
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or text not in codes:
        raise bad(f"one of {named(codes)}")
    return text


def read_terms(
    feature: TermsFeature,
    value: object,
    terminology_of: Callable[[str], Terminology],
) -> tuple[str, ...]:
    """Read a list of codes, each once."""
    if value is None:
        return ()
    if not isinstance(value, list | tuple):
        raise bad(f"a list of codes of {feature.code_system}")
    system, known = feature.code_system, terminology_of(feature.code_system)
    malformed = f"codes of {system} that look like {feature.pattern}"
    unknown = f"codes that this release of {system} knows"
    problems: list[tuple[str, Words]] = []
    for index, term in enumerate(value):
        if not isinstance(term, str) or re.fullmatch(feature.pattern, term) is None:
            problems.append((f"[{index}]", (malformed, CORRECT)))
        elif not known.is_known(term):
            problems.append((f"[{index}]", (unknown, CORRECT)))
    if problems:
        raise BadValueError(problems)
    terms = tuple(dict.fromkeys(value))
    if len(terms) > feature.maximum_terms:
        fix = "Keep the terms that describe the patient best."
        raise bad(f"at most {feature.maximum_terms} terms", fix)
    return terms


def read_text(feature: TextFeature, value: object) -> str | None:
    """Read a note, without what identifies, as notes of training rows are read."""
    if not isinstance(value, str):
        raise bad("a text")
    if len(value) > feature.maximum_length:
        raise bad(f"at most {feature.maximum_length} characters", "Shorten the text.")
    from client.scrubbing import scrub

    return scrub(value)[: feature.maximum_length] if value.strip() else None
