"""Prediction sets from the sums that models are judged by; they cost no privacy."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from shared.calibration import Calibrator
from shared.calibration.conformal import cut_off
from shared.calibration.grids import NONCONFORMITY_BINS, bin_of
from shared.metrics import Evaluation
from shared.metrics.counts import LOG_ODDS_LIMIT, SCORE_BINS


def calibrator_of(evaluation: Evaluation, coverages: Sequence[float], bins: int) -> Calibrator:
    """Return what leaves probabilities as they are, and knows how large sets must be.

    Parameters
    ----------
    evaluation : Evaluation
        Of held-out rows labelled with one class: their scores of that class are how conforming
        they are.
    bins : int
        In which scores were counted; a score is taken for the lowest of its bin, so that the truth
        is in a set at least as often as stated.
    """
    scores = np.array(evaluation.finest.score_of_class).sum(axis=0)
    width = 2 * LOG_ODDS_LIMIT / bins
    lowest = np.floor(np.arange(SCORE_BINS) * bins / SCORE_BINS) * width - LOG_ODDS_LIMIT
    histogram = np.zeros(NONCONFORMITY_BINS, dtype=np.int64)
    # Of the lowest score's opposite, the bin that ends there or holds it.
    np.add.at(histogram, bin_of(-lowest - 1e-9, NONCONFORMITY_BINS), scores.astype(np.int64))
    identity = Calibrator.identity(len(evaluation.finest.classes))
    cut_offs = {coverage: cut_off(histogram, coverage) for coverage in coverages}
    return identity.model_copy(update={"cut_offs": cut_offs})
