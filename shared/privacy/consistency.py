"""Making noised counts hang together; what is done to noised counts costs no privacy."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def spread(cells: Floats, rows: int) -> npt.NDArray[np.int64]:
    """Return whole numbers of at least 0 that sum to the rows, in proportion to the cells."""
    kept = np.maximum(cells, 0)
    if not kept.sum():
        kept = np.ones_like(cells)
    exact = kept * rows / kept.sum()
    whole: npt.NDArray[np.int64] = np.floor(exact).astype(np.int64)
    # The largest remainders are rounded up.
    whole[np.argsort(whole - exact, kind="stable")[: rows - int(whole.sum())]] += 1
    return whole
