"""Values of features as people write them, and as records hold them."""

from __future__ import annotations

import math
import re

import pandas as pd

from shared.contract import (
    CategoricalFeature,
    Contract,
    Feature,
    FlagFeature,
    NumericFeature,
    TermsFeature,
)
from shared.errors import SettingsError


class AnswerError(SettingsError):
    """An answer that the contract does not have.

    Parameters
    ----------
    key : str
        Of the page's message.
    values : dict of str to str
        What the message speaks of.
    """

    def __init__(self, what: str, fix: str, key: str, **values: str) -> None:
        super().__init__(what, fix)
        self.key = key
        self.values = values


# As JSON has it: a set of codes is a sorted list, and missing is None.
Value = float | str | list[str] | None
YES = {"1", "1.0", "yes", "sí", "si", "true"}
NO = {"0", "0.0", "no", "false"}


def feature_of(contract: Contract, name: str) -> Feature:
    """Return a feature that records hold.

    Raises
    ------
    AnswerError
        When there is none of the name.
    """
    if name not in contract.recorded:
        raise AnswerError(
            f"The contract has no feature {name!r} that a record holds.",
            f"Those that it has are {', '.join(contract.recorded)}.",
            "feature",
        )
    return contract.recorded[name]


def as_value(cell: object) -> Value:
    """Return a record's cell as decisions hold values."""
    if isinstance(cell, tuple | list):
        return sorted(map(str, cell)) or None
    if cell is None or pd.isna(cell):  # type: ignore[call-overload]
        return None
    return cell if isinstance(cell, str) else float(cell)  # type: ignore[arg-type]


def as_cell(value: Value) -> object:
    """Return a decision's value as records hold it."""
    return tuple(value) if isinstance(value, list) else value


def check_value(feature: Feature, value: Value) -> Value:
    """Return a value in the form of its feature.

    Parameters
    ----------
    value : float, str, list of str or None
        None for missing, which every feature can be.

    Raises
    ------
    AnswerError
        When the feature cannot have it; the text names no value.
    """
    if value is None:
        return None
    if isinstance(feature, NumericFeature):
        return _number(feature, value)
    if isinstance(feature, FlagFeature):
        return _flag(feature, value)
    if isinstance(feature, CategoricalFeature):
        return _code(feature, value)
    if isinstance(feature, TermsFeature):
        return _terms(feature, value)
    raise _unfit(feature, "value_text", "no correction; a note is corrected at its source")


def _number(feature: NumericFeature, value: Value) -> float:
    try:
        # A decimal comma is as good as a point to the person who types it.
        number = float(str(value).strip().replace(",", "."))
    except ValueError:
        number = math.nan
    if not feature.minimum <= number <= feature.maximum:
        low, high = f"{feature.minimum:g}", f"{feature.maximum:g}"
        expected = f"a number from {low} to {high} {feature.unit}"
        raise _unfit(feature, "value_number", expected, low=low, high=high, unit=feature.unit)
    return number


def _flag(feature: FlagFeature, value: Value) -> float:
    text = str(value).strip().casefold()
    if text not in YES | NO:
        raise _unfit(feature, "value_flag", "yes or no")
    return float(text in YES)


def _code(feature: CategoricalFeature, value: Value) -> str:
    codes = [each.code for each in feature.codes]
    if value not in codes:
        expected = ", ".join(codes)
        raise _unfit(feature, "value_code", f"one of {expected}", codes=expected)
    return str(value)


def _terms(feature: TermsFeature, value: Value) -> list[str]:
    texts = value if isinstance(value, list) else re.split(r"[\s;,]+", str(value).strip())
    wrong = [each for each in texts if not re.fullmatch(feature.pattern, each)]
    if wrong or not 1 <= len(texts) <= feature.maximum_terms:
        count, system = str(feature.maximum_terms), feature.code_system
        expected = f"1 to {count} codes of {system}"
        raise _unfit(feature, "value_terms", expected, most=count, system=system)
    return sorted(set(texts))


def _unfit(feature: Feature, key: str, expected: str, **values: str) -> AnswerError:
    return AnswerError(
        f"{feature.name} cannot have this value.",
        f"Expected: {expected}.",
        key,
        feature=feature.description,
        **values,
    )
