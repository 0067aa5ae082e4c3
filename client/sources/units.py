"""Conversion of units, written as UCUM or as people write them."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, lru_cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from pint import UnitRegistry
    from pint.facets.plain import PlainUnit

Numbers = npt.NDArray[np.float64]
Conversion = Callable[[Numbers], Numbers]

# Spellings that pint does not know or understands otherwise.
PINT_NAMES = {
    "": "",
    "1": "",
    "mm[Hg]": "mmHg",
    "cm[H2O]": "cmH2O",
    "Cel": "degC",
    "[degF]": "degF",
    "[in_i]": "inch",
    "[ft_i]": "foot",
    "[lb_av]": "pound",
    "[oz_av]": "ounce",
    "mo": "month",
    "wk": "week",
    "beat": "",
    "beats": "",
    "bpm": "1/minute",
    "[iU]": "international_unit",
    "IU": "international_unit",
    "mIU": "milliinternational_unit",
    "m[iU]": "milliinternational_unit",
    "u[iU]": "microinternational_unit",
    "uIU": "microinternational_unit",
    "[pH]": "",
}
POWER_OF_TEN = re.compile(r"10(?:\*\*|[*^])([+-]?\d{1,2})")
SYMBOL = re.compile(r"([A-Za-zµμΩÅ_]+|%|°[CF])(?:\*\*|\^)?([+-]?\d)?")
ANNOTATION = re.compile(r"\{[^}]*\}")
LONGEST = 60


def conversion(unit: str, target: str) -> Conversion | None:
    """Return the function from numbers in `unit` to numbers in `target`.

    Parameters
    ----------
    unit, target : str
        UCUM (``mm[Hg]``, ``/min``, ``10*9/L``) or a common spelling (``mmHg``, ``bpm``).

    Returns
    -------
    callable or None
        None when `unit` is unknown or measures something else. A conversion that needs the
        substance (mmol/L to mg/dL) is such a case.
    """
    if _compact(unit) == _compact(target):
        return lambda numbers: numbers
    return _by_pint(_compact(unit), _compact(target))


# Bounded, since units may come from cells.
@lru_cache(maxsize=256)
def _by_pint(unit: str, target: str) -> Conversion | None:
    """Return the conversion of two units that differ."""
    # Loading pint takes half a second, and most hospitals measure in the contract's units.
    import pint

    try:
        (factor, source_unit), (target_factor, target_unit) = _parsed(unit), _parsed(target)
        if not source_unit.is_compatible_with(target_unit):
            return None
    except (pint.PintError, ArithmeticError, AttributeError, TypeError, ValueError):
        return None

    def convert(numbers: Numbers) -> Numbers:
        quantity = _registry().Quantity(numbers * factor, source_unit).to(target_unit)
        return np.asarray(quantity.magnitude, dtype=np.float64) / target_factor

    return convert


def _compact(unit: str) -> str:
    """Return a unit without spaces and annotations, which do not change what it measures."""
    return ANNOTATION.sub("", unit.replace(" ", ""))


def _parsed(text: str) -> tuple[float, PlainUnit]:
    """Return a unit as a factor times a unit of pint."""
    if len(text) > LONGEST:
        raise ValueError("too long for a unit")
    registry = _registry()
    factor, unit, sign = 1.0, registry.Unit(""), 1
    for part in re.split(r"([./])", text):
        if part in {".", "/"}:
            sign = -1 if part == "/" else 1
        elif power := POWER_OF_TEN.fullmatch(part):
            factor *= 10.0 ** (sign * int(power[1]))
        else:
            unit = unit * _symbol(part) ** sign
    return factor, unit


def _symbol(part: str) -> PlainUnit:
    """Return one symbol with its exponent, such as ``m2``."""
    if part in PINT_NAMES:
        return _registry().Unit(PINT_NAMES[part])
    match = SYMBOL.fullmatch(part)
    if match is None:
        raise ValueError("not a unit")
    name = PINT_NAMES.get(match[1], match[1])
    return _registry().Unit(name) ** int(match[2] or 1)


@cache
def _registry() -> UnitRegistry[float]:
    import pint

    registry: UnitRegistry[float] = pint.UnitRegistry()
    # An international unit measures an effect, defined per substance: only its multiples convert.
    registry.define("international_unit = [international_unit]")
    return registry
