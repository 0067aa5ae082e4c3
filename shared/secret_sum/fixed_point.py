"""Real numbers as whole ones that can be summed modulo ``2 ** 64`` without loss."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from shared.errors import JuntosError, SettingsError
from shared.models.histogram_boosting.fixed_point import to_fixed
from shared.secret_sum.masks import Vector

# A sum of any sign stays below 2 ** 63.
SUM_BITS = 63
MOST_BITS = 62


@dataclass(frozen=True)
class FixedPoint:
    """How the values of one vector become whole numbers; declared before anything is known of them.

    Guarantees that the sum of `members` vectors within `bound` never wraps around.

    Attributes
    ----------
    bits : int
        Binary places that are kept: the unit is ``2 ** -bits``.
    bound : float
        No member's value is larger, without its sign. Noise added to the whole numbers counts.
    members : int
        At most so many vectors are summed.

    Raises
    ------
    SettingsError
        When the sum of the bounds does not fit in 63 bits.
    """

    bits: int
    bound: float
    members: int

    def __post_init__(self) -> None:
        if not 0 <= self.bits <= MOST_BITS or self.members < 1:
            raise SettingsError(f"Fixed point takes 0 to {MOST_BITS} bits and at least one member.")
        if not (math.isfinite(self.bound) and self.bound > 0):
            raise SettingsError("The bound of a member's values must be finite and above 0.")
        if self.members * self.largest >= 2**SUM_BITS:
            raise SettingsError(
                f"The sum of {self.members} values up to {self.bound:g} with {self.bits} binary "
                f"places does not fit in {SUM_BITS} bits.",
                "Keep fewer bits, or bound the values more tightly.",
            )

    @property
    def largest(self) -> int:
        """The largest whole number of one member."""
        return math.ceil(Fraction(self.bound) * (1 << self.bits))

    def encode(self, values: npt.NDArray[np.floating]) -> Vector:
        """Return values in units of ``2 ** -bits``, rounded to the nearest.

        Parameters
        ----------
        values : ndarray of float, of any shape

        Raises
        ------
        JuntosError
            When one is not finite or exceeds the bound; which and by how much is not said.
        """
        if not (np.abs(values) <= self.bound).all():
            raise JuntosError(f"values to be summed exceed the declared bound of {self.bound:g}")
        return to_fixed(np.asarray(values, dtype=np.float64), self.bits).astype(np.int64)

    def decode(self, total: Vector) -> npt.NDArray[np.float64]:
        """Return a sum of encoded vectors as real numbers, to 53 bits."""
        found: npt.NDArray[np.float64] = np.ldexp(total.astype(np.float64), -self.bits)
        return found
