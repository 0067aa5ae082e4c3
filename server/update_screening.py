"""Finding updates that are no honest training: far larger than everyone else's."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping

# No training on standardised features moves a model this far, whatever the others say.
LARGEST_NORM = 1e9


def exploded_updates(norms: Mapping[int, float], limit: float) -> dict[int, str]:
    """Return the nodes whose update is out of proportion, with the reason.

    The yardstick is the (lower) median norm, which one hospital in three cannot move; of two
    hospitals it is the smaller one.

    Parameters
    ----------
    norms : mapping of int to float
        Euclidean norm of each node's update.
    limit : float
        How many times the median an update may be.
    """
    if not norms:
        return {}
    median = statistics.median_low(norms.values())
    return {
        node: f"its update has norm {norm:.3g}; the median of all hospitals is {median:.3g}"
        for node, norm in norms.items()
        if not math.isfinite(norm) or norm > LARGEST_NORM or (median > 0 and norm > limit * median)
    }
