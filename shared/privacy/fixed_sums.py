"""Sums as whole numbers, and how far one patient can move them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

# A patient adds at most a few units to any number; 2**22 steps to the unit leave room for 2**40.
BITS = 22
# Sums of a thousand hospitals stay whole 64-bit numbers, with masks or without.
LARGEST_PART = 2**53


@dataclass(frozen=True)
class FixedSum:
    """A hospital's part of a sum, before noise.

    Attributes
    ----------
    values : int64 array of any shape
    sensitivity : float
        How far one patient, added or removed, moves the values: a Euclidean norm.
    """

    values: Integers
    sensitivity: float


def fixed_sum(values: Floats, sensitivity: float) -> FixedSum:
    """Write a sum in units of ``2 ** -BITS``.

    Rounding the sum of two neighbouring data sets differently adds at most one unit to each number,
    which the sensitivity allows for.
    """
    scaled = np.rint(np.ldexp(np.asarray(values, dtype=np.float64), BITS)).astype(np.int64)
    return FixedSum(scaled, math.ldexp(sensitivity, BITS) + math.sqrt(scaled.size))


def counted(values: Integers, sensitivity: float) -> FixedSum:
    """Return counts, which need no rounding."""
    return FixedSum(values.astype(np.int64), sensitivity)


def to_floats(values: Integers) -> Floats:
    """Read what `fixed_sum` wrote."""
    return np.ldexp(values.astype(np.float64), -BITS)
