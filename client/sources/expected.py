"""What values must be, in words and in numbers: the same for tables and for a single patient."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from shared.contract import NumericFeature

# Converting a value on the edge of the range may move it by a rounding error.
TOLERANCE = 1e-9
FEW_CODES = 12


def in_range(
    numbers: npt.NDArray[np.float64], feature: NumericFeature
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Return numbers inside the plausible range, and which are outside; those become NaN."""
    slack = TOLERANCE * (feature.maximum - feature.minimum)
    outside = (numbers < feature.minimum - slack) | (numbers > feature.maximum + slack)
    plausible = np.clip(numbers, feature.minimum, feature.maximum)
    return np.where(outside, np.nan, plausible), outside


def plausible_number(number: float, feature: NumericFeature) -> float | None:
    """Return one number as `in_range` does; None where it is outside.

    An array of one number takes ten times as long, and one patient may have hundreds of them.
    """
    slack = TOLERANCE * (feature.maximum - feature.minimum)
    if number < feature.minimum - slack or number > feature.maximum + slack:
        return None
    return min(max(number, feature.minimum), feature.maximum)


def expected_range(feature: NumericFeature) -> str:
    """Say what a value of a feature must be."""
    unit = "" if feature.unit == "1" else f" {feature.unit}"
    return f"a value from {feature.minimum:g} to {feature.maximum:g}{unit}"


def named(codes: Sequence[str]) -> str:
    """Return the codes of the contract for a message; they are nobody's data."""
    return ", ".join(codes[:FEW_CODES]) + (", ..." if len(codes) > FEW_CODES else "")
