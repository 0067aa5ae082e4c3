"""A monotone curve per class from raw to calibrated probability (Zadrozny & Elkan 2002)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import numpy as np
from pydantic import Field, model_validator

from shared.calibration.counts import CalibrationCounts, Histogram
from shared.calibration.grids import (
    SCORE_BINS,
    Floats,
    centres,
    from_log_odds,
    to_log_odds,
)
from shared.models.training_data import Probabilities
from shared.settings_file import StrictModel

LogOdds = Annotated[float, Field(ge=-100, le=100)]


class MonotoneCurve(StrictModel):
    """A curve through knots, straight between them in log-odds and parallel to the diagonal beyond.

    Attributes
    ----------
    raw, calibrated : list of float
        The knots, in log-odds; the first rise, the second never fall. None: nothing changes.
    """

    raw: list[LogOdds] = Field(default_factory=list)
    calibrated: list[LogOdds] = Field(default_factory=list)

    @model_validator(mode="after")
    def _is_monotone(self) -> MonotoneCurve:
        if len(self.raw) != len(self.calibrated):
            raise ValueError("a curve needs as many calibrated values as raw ones")
        if not (np.diff(self.raw) > 0).all() or not (np.diff(self.calibrated) >= 0).all():
            raise ValueError("the knots of a curve must rise")
        return self

    def apply(self, log_odds: Floats) -> Floats:
        """Return the calibrated log-odds of raw ones, of any shape."""
        if not self.raw:
            return log_odds
        inside = np.clip(log_odds, self.raw[0], self.raw[-1])
        calibrated: Floats = np.interp(inside, self.raw, self.calibrated) + (log_odds - inside)
        return calibrated


def fit_isotonic(counts: CalibrationCounts) -> list[MonotoneCurve]:
    """Fit each class against the others, by weighted pool-adjacent-violators over the bins.

    Rows whose label stands for several classes cannot say which one they are, and are left out;
    where such labels belong mostly to some classes, those come out rarer than they are.

    Returns
    -------
    list of MonotoneCurve
        One per class, or one for all where they share histograms.
    """
    return [
        fit_curve(of_class, of_others)
        for of_class, of_others in zip(counts.score_of_class, counts.score_of_others, strict=True)
    ]


def fit_curve(of_class: Histogram, of_others: Histogram) -> MonotoneCurve:
    """Fit the share of the class's rows in each bin; knots only where it changes.

    The fit is mixed with the raw probability, which weighs as much as one row of the class: no
    probability becomes 0 (a surprise would cost an infinite loss), the order within a flat step
    stays, and a class without rows keeps its raw probability.
    """
    positives = np.array(of_class, dtype=np.float64)
    rows = positives + np.array(of_others, dtype=np.float64)
    filled = np.flatnonzero(rows)
    if not positives.any():
        return MonotoneCurve()
    shares = step_heights(positives[filled], rows[filled])
    changes = np.diff(shares) > 0
    is_knot = np.r_[True, changes] | np.r_[changes, True]
    raw = centres(SCORE_BINS)[filled][is_knot]
    trust = positives.sum() / (positives.sum() + 1)
    mixed = trust * shares[is_knot] + (1 - trust) * from_log_odds(raw)
    calibrated = np.maximum.accumulate(to_log_odds(mixed))
    return MonotoneCurve(raw=raw.tolist(), calibrated=calibrated.tolist())


def step_heights(positives: Floats, rows: Floats) -> Floats:
    """Return the non-decreasing shares closest to those of the bins, by weighted squares."""
    # Where models answer, curves are applied and never fitted.
    from sklearn.isotonic import isotonic_regression

    heights: Floats = isotonic_regression(positives / rows, sample_weight=rows)
    return heights


def apply_isotonic(probabilities: Probabilities, curves: Sequence[MonotoneCurve]) -> Probabilities:
    """Map each class by its curve and scale each row to sum to one.

    Parameters
    ----------
    probabilities : array of shape (rows, classes)
    curves : sequence of MonotoneCurve
        One per class, or one for all.
    """
    log_odds = to_log_odds(probabilities)
    if len(curves) == 1:
        mapped = curves[0].apply(log_odds)
    else:
        columns = [curve.apply(column) for curve, column in zip(curves, log_odds.T, strict=True)]
        mapped = np.stack(columns, axis=1)
    shares = from_log_odds(mapped)
    calibrated: Probabilities = shares / shares.sum(axis=1, keepdims=True)
    return calibrated
