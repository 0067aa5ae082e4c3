"""Derivatives as whole numbers, so that their sums do not depend on the order of adding."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

# Sums stay below 2 ** 52, where floating-point numbers still count every whole one.
SUM_BITS = 52
FINEST_BITS = 40


def scale_bits(rows: int, largest_weight: float) -> int:
    """Return how many binary places derivatives keep.

    Parameters
    ----------
    rows : int
        Training rows of all hospitals.
    largest_weight : float
        Of any row. A row's derivatives are at most twice its weight.

    Raises
    ------
    ValueError
        When the weights are too large for any.
    """
    total_weight = rows * largest_weight
    bits = SUM_BITS - math.ceil(math.log2(max(total_weight, 1.0) * 2 + 1))
    if bits < 1:
        raise ValueError(f"a total weight of {total_weight:g} is too large")
    return min(bits, FINEST_BITS)


def to_fixed(values: npt.NDArray[np.float64], bits: int) -> npt.NDArray[np.float64]:
    """Return values in units of ``2 ** -bits``, whole but still of a floating-point type."""
    found: npt.NDArray[np.float64] = np.rint(np.ldexp(values, bits))
    return found
