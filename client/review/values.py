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

# As JSON has it: a set of codes is a sorted list, and missing is None.
Value = float | str | list[str] | None
YES = {"1", "1.0", "yes", "sí", "si", "true"}
NO = {"0", "0.0", "no", "false"}


def feature_of(contract: Contract, name: str) -> Feature:
    """Return a feature of the contract.

    Raises
    ------
    SettingsError
        When there is none of the name.
    """
    if name not in contract.features:
        raise SettingsError(
            f"The contract has no feature {name!r}.",
            f"Its features are {', '.join(contract.features)}.",
        )
    return contract.features[name]


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
    SettingsError
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
    raise _unfit(feature.name, "no correction: a note is corrected at its source")


def _number(feature: NumericFeature, value: Value) -> float:
    try:
        # A decimal comma is as good as a point to the person who types it.
        number = float(str(value).strip().replace(",", "."))
    except ValueError:
        number = math.nan
    if not feature.minimum <= number <= feature.maximum:
        expected = f"a number from {feature.minimum:g} to {feature.maximum:g} {feature.unit}"
        raise _unfit(feature.name, expected)
    return number


def _flag(feature: FlagFeature, value: Value) -> float:
    text = str(value).strip().casefold()
    if text not in YES | NO:
        raise _unfit(feature.name, "yes or no")
    return float(text in YES)


def _code(feature: CategoricalFeature, value: Value) -> str:
    codes = [each.code for each in feature.codes]
    if value not in codes:
        raise _unfit(feature.name, f"one of {', '.join(codes)}")
    return str(value)


def _terms(feature: TermsFeature, value: Value) -> list[str]:
    texts = value if isinstance(value, list) else re.split(r"[\s;,]+", str(value).strip())
    wrong = [each for each in texts if not re.fullmatch(feature.pattern, each)]
    if wrong or not 1 <= len(texts) <= feature.maximum_terms:
        raise _unfit(feature.name, f"1 to {feature.maximum_terms} codes of {feature.code_system}")
    return sorted(set(texts))


def _unfit(feature: str, expected: str) -> SettingsError:
    return SettingsError(f"{feature} cannot have this value.", f"Expected: {expected}.")
