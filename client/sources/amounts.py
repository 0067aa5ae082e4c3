"""Conversion that needs to know the substance: mass, amount, charge and international units."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from client.sources.unit_spelling import parsed, registry
from shared.analytes import Analyte, analytes, same_amount

if TYPE_CHECKING:
    from pint.facets.plain import PlainQuantity

Numbers = npt.NDArray[np.float64]

# The master equation between NGSP (%) and IFCC (mmol/mol): Hoelzel et al. 2004, Clinical Chemistry
# 50, with the coefficients that NGSP publishes.
NGSP_SLOPE = 0.09148
NGSP_AT_ZERO = 2.152
PERCENT = 100.0
PER_THOUSAND = 1000.0


# Bounded, since units may come from cells.
@lru_cache(maxsize=256)
def substance_conversion(
    unit: str, target: str, analyte: str, measured: str
) -> Callable[[Numbers], Numbers] | None:
    """Return the conversion of two compact units of an analyte.

    Parameters
    ----------
    unit, target : str
    analyte, measured : str
        What the numbers in `target` and those in `unit` are of.

    Returns
    -------
    callable or None
        None where the units, or the analytes, do not measure the same amount; a unit of an analyte
        without mass, charge or scale is left to what needs no substance.
    """
    if not same_amount(analyte, measured):
        return None
    if analytes()[analyte].scale == "hba1c":
        return _hba1c(unit, target)
    if unit == target and analyte == measured:
        return lambda numbers: numbers
    source = _in_moles(unit, analytes()[measured])
    aim = _in_moles(target, analytes()[analyte])
    if source is None or aim is None or source[1] != aim[1]:
        return None
    factor = source[0] / aim[0]
    return lambda numbers: numbers * factor


def _in_moles(unit: str, analyte: Analyte) -> tuple[float, object] | None:
    """Return a unit as a factor and the dimensions of what it is, every mass made an amount."""
    import pint

    try:
        scale, named = parsed(unit)
        plain = registry().Quantity(scale, named)
        if analyte.enzyme:
            plain = plain * registry().Unit("enzyme_unit/international_unit") ** _power(
                plain, "[international_unit]"
            )
        for dimension, one in _links(analyte):
            plain = plain * one ** _power(plain, dimension)
        base = plain.to_base_units()
    except (pint.PintError, ArithmeticError, AttributeError, TypeError, ValueError):
        return None
    return float(base.magnitude), base.dimensionality


def _power(quantity: PlainQuantity[Any], dimension: str) -> int:
    """Return how often a dimension is a factor of a quantity."""
    power: Any = quantity.dimensionality.get(dimension, 0)
    return int(power)


def _links(analyte: Analyte) -> list[tuple[str, PlainQuantity[Any]]]:
    """Return the moles in a unit of mass, of charge and of effect, where the analyte has one."""
    quantity = registry().Quantity
    found: list[tuple[str, PlainQuantity[Any]]] = []
    if analyte.molar_mass is not None:
        found.append(("[mass]", quantity(1 / analyte.molar_mass, "mole/gram")))
    if analyte.valence is not None:
        found.append(("[equivalent]", quantity(1 / analyte.valence, "mole/equivalent")))
    if analyte.nanomoles_per_international_unit is not None:
        moles = quantity(analyte.nanomoles_per_international_unit, "nanomole/international_unit")
        found.append(("[international_unit]", moles))
    return found


def _hba1c(unit: str, target: str) -> Callable[[Numbers], Numbers] | None:
    source, aim = _hba1c_scale(unit), _hba1c_scale(target)
    if source is None or aim is None:
        return None
    (factor, of_ifcc), (target_factor, to_ifcc) = source, aim

    def convert(numbers: Numbers) -> Numbers:
        values = numbers * factor
        if of_ifcc and not to_ifcc:
            values = NGSP_SLOPE * values + NGSP_AT_ZERO
        elif to_ifcc and not of_ifcc:
            values = (values - NGSP_AT_ZERO) / NGSP_SLOPE
        return values / target_factor

    return convert


def _hba1c_scale(unit: str) -> tuple[float, bool] | None:
    """Return the factor to the scale's own unit (% or mmol/mol), and whether it is IFCC's."""
    import pint

    try:
        scale, named = parsed(unit)
        if not named.dimensionless:
            return None
        fraction = float(registry().Quantity(scale, named).to_base_units().magnitude)
    except (pint.PintError, ArithmeticError, AttributeError, TypeError, ValueError):
        return None
    of_ifcc = "mol" in unit
    return fraction * (PER_THOUSAND if of_ifcc else PERCENT), of_ifcc
