"""Which patients a study wants: conditions on the contract's features, nothing executed.

``age >= 40 and sex = female and class = grade_3 | grade_4 and cholesterol != missing``: conditions
joined by ``and``, each a feature (or ``class``), a comparison and a value. Values of codes may be
several, joined by ``|``; one of a class or of a term holds for all below it. A patient whose value
is missing meets no condition but ``= missing``.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shared.contract import (
    CategoricalFeature,
    Contract,
    Feature,
    FlagFeature,
    NumericFeature,
    TermsFeature,
)
from shared.errors import SettingsError
from shared.exploration.cells import MISSING, PRESENT, codes_of
from shared.ontology import terminology
from shared.records import Records

Mask = npt.NDArray[np.bool_]
CLASS = "class"
EXAMPLE = "For example: age >= 40 and class = grade_4."

_CONDITION = re.compile(r"\s*([a-z][a-z0-9_]*)\s*(>=|<=|!=|=|>|<)\s*(.+?)\s*")
_ORDERS: dict[str, Callable[[npt.NDArray[np.float64], float], Mask]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}


@dataclass(frozen=True)
class Condition:
    """One condition, checked against a contract.

    Attributes
    ----------
    name : str
        A feature, or ``class``.
    comparison : str
    values : tuple of str
        Codes; the number's text for an order.
    """

    name: str
    comparison: str
    values: tuple[str, ...]

    @property
    def is_order(self) -> bool:
        """Whether it compares numbers."""
        return self.comparison in _ORDERS


def read_criteria(contract: Contract, where: str) -> list[Condition]:
    """Read and check a study's conditions.

    Raises
    ------
    SettingsError
        Naming the condition that cannot be met, and what could.
    """
    return [_condition(contract, part) for part in re.split(r"\s+and\s+", where.strip())]


def _condition(contract: Contract, text: str) -> Condition:
    found = _CONDITION.fullmatch(text)
    if found is None:
        raise SettingsError(f"{text!r} is no condition.", EXAMPLE)
    name, comparison = found.group(1), found.group(2)
    values = tuple(value.strip() for value in found.group(3).split("|"))
    condition = Condition(name, comparison, values)
    if name == CLASS:
        _refuse_unknown(text, values, list(contract.classes), comparison)
    elif name not in contract.features:
        raise SettingsError(
            f"{text!r}: the contract has no feature {name!r}.",
            f"Its features are {', '.join(contract.features)}; the diagnosis is {CLASS}.",
        )
    else:
        _check_values(text, contract.features[name], condition)
    return condition


def _check_values(text: str, feature: Feature, condition: Condition) -> None:
    values = set(condition.values) - {MISSING}
    if isinstance(feature, NumericFeature):
        if condition.is_order or values:
            _check_number(text, condition)
    elif isinstance(feature, FlagFeature | CategoricalFeature):
        _refuse_unknown(text, condition.values, [*codes_of(feature), MISSING], condition.comparison)
    elif isinstance(feature, TermsFeature):
        known = terminology(feature.code_system)
        unknown = [value for value in values if not known.is_known(value)]
        _refuse_unknown(text, tuple(unknown), [MISSING, "a term"], condition.comparison)
    else:
        _refuse_unknown(text, condition.values, [MISSING], condition.comparison)


def _check_number(text: str, condition: Condition) -> None:
    try:
        known = len(condition.values) == 1 and math.isfinite(float(condition.values[0]))
    except ValueError:
        known = False
    if not known:
        raise SettingsError(f"{text!r}: one number is expected, or {MISSING}.", EXAMPLE)


def _refuse_unknown(
    text: str, values: tuple[str, ...], allowed: list[str], comparison: str
) -> None:
    if comparison in _ORDERS:
        raise SettingsError(f"{text!r}: only numbers have an order.", "Compare with = or !=.")
    unknown = [value for value in values if value not in allowed]
    if unknown:
        raise SettingsError(
            f"{text!r}: {', '.join(map(repr, unknown))} is not known there.",
            f"Known are {', '.join(allowed)}.",
        )


def meets(contract: Contract, records: Records, conditions: list[Condition]) -> Mask:
    """Say which records meet all conditions, shape (records,)."""
    found = np.ones(len(records), dtype=bool)
    for condition in conditions:
        found &= _meets_one(contract, records, condition)
    return found


def _meets_one(contract: Contract, records: Records, condition: Condition) -> Mask:
    if condition.name == CLASS:
        wanted = {code for code in contract.classes if _is_of(contract, code, condition.values)}
        inside = np.array([label in wanted for label in records.labels], dtype=bool)
        return ~inside if condition.comparison == "!=" else inside
    column = records.table[condition.name]
    feature = contract.features[condition.name]
    if isinstance(feature, NumericFeature):
        numbers = column.to_numpy(dtype=np.float64)
        return _number_meets(numbers, condition)
    if isinstance(feature, FlagFeature):
        values = [MISSING if np.isnan(each) else ("yes" if each else "no") for each in column]
        return _code_meets([(value,) for value in values], condition)
    if isinstance(feature, TermsFeature):
        known = terminology(feature.code_system)
        return _code_meets([known.expand(terms) or (MISSING,) for terms in column], condition)
    if isinstance(feature, CategoricalFeature):
        return _code_meets([(MISSING if code is None else code,) for code in column], condition)
    return _code_meets([(PRESENT if text else MISSING,) for text in column], condition)


def _number_meets(numbers: npt.NDArray[np.float64], condition: Condition) -> Mask:
    absent = np.isnan(numbers)
    if condition.values == (MISSING,):
        return ~absent if condition.comparison == "!=" else absent
    value = float(condition.values[0])
    if condition.is_order:
        found: Mask = _ORDERS[condition.comparison](numbers, value)
        return found & ~absent
    same: Mask = numbers == value
    return ~same & ~absent if condition.comparison == "!=" else same


def _code_meets(codes: list[tuple[str, ...]], condition: Condition) -> Mask:
    wanted = set(condition.values)
    inside = np.array([not wanted.isdisjoint(each) for each in codes], dtype=bool)
    if condition.comparison == "=":
        return inside
    # Nobody knows that a patient whose value is missing has another one.
    absent = np.array([each == (MISSING,) for each in codes], dtype=bool)
    return ~inside & (~absent | np.bool_(MISSING in wanted))


def _is_of(contract: Contract, code: str, wanted: tuple[str, ...]) -> bool:
    return not set(wanted).isdisjoint([code, *contract.ancestors(code)])
