"""Conversion of units, written as UCUM or as people write them."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from client.sources.unit_spelling import compact, parsed, registry

Numbers = npt.NDArray[np.float64]
Conversion = Callable[[Numbers], Numbers]


def conversion(
    unit: str, target: str, analyte: str | None = None, measured: str | None = None
) -> Conversion | None:
    """Return the function from numbers in `unit` to numbers in `target`.

    Parameters
    ----------
    unit, target : str
        UCUM (``mm[Hg]``, ``/min``, ``10*9/L``) or a common spelling (``mmHg``, ``bpm``).
    analyte : str, optional
        What is measured, as in `shared.analytes`: with it, mass and amount of substance convert.
    measured : str, optional
        What the numbers in `unit` are of, where that is another analyte that counts the same
        molecules: urea nitrogen for urea.

    Returns
    -------
    callable or None
        None when `unit` is unknown or measures something else.
    """
    source, aim = compact(unit), compact(target)
    if analyte is not None:
        # The table of analytes is small, but most columns need none.
        from client.sources.amounts import substance_conversion

        found = substance_conversion(source, aim, analyte, measured or analyte)
        if found is not None or measured not in {None, analyte}:
            return found
    if source == aim:
        return lambda numbers: numbers
    return _by_pint(source, aim)


# Bounded, since units may come from cells.
@lru_cache(maxsize=256)
def _by_pint(unit: str, target: str) -> Conversion | None:
    """Return the conversion of two units that differ."""
    import pint

    try:
        (factor, source_unit), (target_factor, target_unit) = parsed(unit), parsed(target)
        if not source_unit.is_compatible_with(target_unit):
            return None
    except (pint.PintError, ArithmeticError, AttributeError, TypeError, ValueError):
        return None

    def convert(numbers: Numbers) -> Numbers:
        quantity = registry().Quantity(numbers * factor, source_unit).to(target_unit)
        return np.asarray(quantity.magnitude, dtype=np.float64) / target_factor

    return convert
