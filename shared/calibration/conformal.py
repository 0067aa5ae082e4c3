"""Sets of classes that hold the true one as often as stated (Sadinle, Lei & Wasserman 2019).

Split conformal prediction with the score ``1 - p`` of the true class. The promise holds for the
next patient of the same mix of hospitals, on average over patients: not for each class, and not for
a hospital unlike the others (Angelopoulos & Bates 2023).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

import numpy as np
import numpy.typing as npt

from shared.calibration.counts import CalibrationCounts
from shared.calibration.grids import NONCONFORMITY_BINS, edges, from_log_odds
from shared.calibration.settings import CoarseLabels
from shared.models.training_data import Probabilities

EVERY_CLASS = 0.0

# A cut-off passes through a logarithm and back: without this, rounding could drop the truth.
ROUNDING = 1e-9


def conformal_cut_offs(
    counts: CalibrationCounts,
    coverages: Sequence[float],
    coarse_labels: CoarseLabels = "worst_case",
) -> dict[float, float]:
    """Return, by coverage, the least probability that puts a class into the set.

    Parameters
    ----------
    counts : CalibrationCounts
        Of calibrated probabilities.

    Returns
    -------
    dict of float to float
        ``1 - q``, where q is the upper edge of the bin of the ``ceil((n + 1) * coverage)``-th
        smallest score; 0, every class, where that is more than the n rows.
    """
    histogram = np.array(counts.nonconformity_of_leaves)
    if coarse_labels == "worst_case":
        histogram = histogram + np.array(counts.nonconformity_of_coarse)
    return {coverage: cut_off(histogram, coverage) for coverage in coverages}


def cut_off(histogram: npt.NDArray[np.int64], coverage: float) -> float:
    """Return the least probability for one coverage."""
    rows = int(histogram.sum())
    rank = ceil((rows + 1) * coverage - ROUNDING)
    if rank > rows:
        return EVERY_CLASS
    bin_of_rank = int(np.searchsorted(histogram.cumsum(), rank))
    if bin_of_rank == NONCONFORMITY_BINS - 1:
        return EVERY_CLASS
    edge = edges(NONCONFORMITY_BINS)[bin_of_rank + 1]
    return float(from_log_odds(-edge)) * (1 - ROUNDING)


def prediction_sets(probabilities: Probabilities, least: float) -> npt.NDArray[np.bool_]:
    """Return the classes at least that probable; a row unlike any seen may have none.

    Parameters
    ----------
    probabilities : array of shape (rows, classes)

    Returns
    -------
    bool array of shape (rows, classes)
    """
    return probabilities >= least
