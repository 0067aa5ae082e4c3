"""The grids that hospitals count on: the same for every hospital, chosen by no data.

Probabilities are binned by log-odds, so that those of rare classes, which crowd near zero, keep
their order.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from shared.models.training_data import SMALLEST_PROBABILITY, Probabilities

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

LOWEST_TEMPERATURE, HIGHEST_TEMPERATURE = 0.1, 10.0
TEMPERATURES = np.geomspace(LOWEST_TEMPERATURE, HIGHEST_TEMPERATURE, 61)
UNIT_TEMPERATURE = 30

LOG_ODDS_LIMIT = 12.0
SCORE_BINS = 240
NONCONFORMITY_BINS = 1000

# With more classes than this, all share one pair of histograms: each class then has too few rows
# for a curve of its own, and a hospital's answer stays below 200 kB.
MOST_OWN_HISTOGRAMS = 128


def histograms_for(classes: int) -> int:
    """Return how many pairs of score histograms there are: one per class, or one for all."""
    return classes if classes <= MOST_OWN_HISTOGRAMS else 1


def to_log_odds(probabilities: npt.NDArray[Any]) -> Floats:
    """Return log(p / (1 - p)), finite also for 0 and 1."""
    clipped = np.clip(probabilities, SMALLEST_PROBABILITY, 1 - SMALLEST_PROBABILITY)
    log_odds: Floats = np.log(clipped) - np.log1p(-clipped)
    return log_odds


def from_log_odds(log_odds: npt.NDArray[Any]) -> Floats:
    """Return the probabilities of log-odds."""
    probabilities: Floats = 1 / (1 + np.exp(-np.asarray(log_odds, dtype=np.float64)))
    return probabilities


def bin_of(log_odds: Floats, bins: int) -> npt.NDArray[np.intp]:
    """Return each value's bin; the first and the last also hold what lies beyond the grid."""
    position = (log_odds + LOG_ODDS_LIMIT) / (2 * LOG_ODDS_LIMIT) * bins
    return np.clip(np.floor(position), 0, bins - 1).astype(np.intp)


def edges(bins: int) -> Floats:
    """Return the edges of the bins in log-odds, shape (bins + 1,)."""
    return np.linspace(-LOG_ODDS_LIMIT, LOG_ODDS_LIMIT, bins + 1)


def centres(bins: int) -> Floats:
    """Return the middles of the bins in log-odds, shape (bins,)."""
    middles: Floats = (edges(bins)[:-1] + edges(bins)[1:]) / 2
    return middles


def log_probabilities(probabilities: Probabilities) -> Floats:
    """Return log(p), finite also for 0."""
    logarithms: Floats = np.log(np.maximum(probabilities, SMALLEST_PROBABILITY))
    return logarithms
