"""Per-class thresholds that maximise the F1 score (Lipton, Elkan & Naryanaswamy 2014)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from shared.calibration.counts import CalibrationCounts, Histogram
from shared.calibration.grids import SCORE_BINS, Floats, edges, from_log_odds, to_log_odds
from shared.models.training_data import Probabilities

NEUTRAL_THRESHOLD = 0.5

# With fewer rows, the best threshold is the score of one patient.
LEAST_POSITIVES = 5

# Thresholds whose F1 score is within this share of the best are as good as the best.
NEARLY_BEST = 0.99


def fit_thresholds(counts: CalibrationCounts) -> list[float]:
    """Fit each class's threshold from counts of calibrated probabilities.

    Returns
    -------
    list of float, one per class
        A class with too few rows has the median of the others, which neither favours nor
        handicaps it.
    """
    pairs = zip(counts.score_of_class, counts.score_of_others, strict=True)
    fitted = [fit_threshold(of_class, of_others) for of_class, of_others in pairs]
    known = [threshold for threshold in fitted if threshold is not None]
    default = float(np.median(known)) if known else NEUTRAL_THRESHOLD
    thresholds = [default if threshold is None else threshold for threshold in fitted]
    return thresholds if len(thresholds) == counts.classes else thresholds * counts.classes


def fit_threshold(of_class: Histogram, of_others: Histogram) -> float | None:
    """Return the threshold of one class, None with too few rows of it.

    Of the thresholds that are nearly as good as the best, the one closest to half the best F1
    score, which is the best for calibrated probabilities: the highest point of a flat, noisy curve
    would be chance.
    """
    if sum(of_class) < LEAST_POSITIVES:
        return None
    scores = f1_by_bin(of_class, of_others)
    best = scores.max()
    nearly_best = np.flatnonzero(scores >= NEARLY_BEST * best)
    candidates = edges(SCORE_BINS)[nearly_best]
    closest = candidates[np.abs(candidates - to_log_odds(best / 2)).argmin()]
    return float(from_log_odds(closest))


def f1_by_bin(of_class: Histogram, of_others: Histogram) -> Floats:
    """Return the F1 score of "at least the bin's lower edge", shape (SCORE_BINS,)."""
    positives = np.array(of_class, dtype=np.float64)
    hits = positives[::-1].cumsum()[::-1]
    false_alarms = np.array(of_others, dtype=np.float64)[::-1].cumsum()[::-1]
    scores: Floats = 2 * hits / (positives.sum() + hits + false_alarms)
    return scores


def decide(probabilities: Probabilities, thresholds: Sequence[float]) -> npt.NDArray[np.intp]:
    """Return the class furthest above its threshold, by ratio: argmax of ``p / t``.

    Parameters
    ----------
    probabilities : array of shape (rows, classes)
    thresholds : sequence of float, one per class

    Returns
    -------
    int array of shape (rows,)
    """
    decided: npt.NDArray[np.intp] = np.argmax(probabilities / np.asarray(thresholds), axis=1)
    return decided
