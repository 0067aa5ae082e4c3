"""One number that makes all probabilities bolder or more cautious (Guo et al. 2017)."""

from __future__ import annotations

import numpy as np

from shared.calibration.counts import CalibrationCounts
from shared.calibration.grids import TEMPERATURES, log_probabilities
from shared.models.training_data import Probabilities


def apply_temperature(probabilities: Probabilities, temperature: float) -> Probabilities:
    """Return the softmax of the log probabilities over the temperature.

    It is the softmax of a network's logits over the temperature, which differ from the log
    probabilities by a constant per row; other kinds of model have no logits.

    Parameters
    ----------
    probabilities : array of shape (rows, classes)
    temperature : float
        Above one: more cautious. The order of the classes stays.
    """
    scaled = log_probabilities(probabilities) / temperature
    exponentials = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    softened: Probabilities = exponentials / exponentials.sum(axis=1, keepdims=True)
    return softened


def fit_temperature(counts: CalibrationCounts) -> float:
    """Return the temperature with the lowest log loss of the candidates.

    Between grid points, the parabola through the lowest point and its neighbours, over the
    logarithm of the temperature. 1 where there are no rows.
    """
    losses = np.array(counts.losses)
    if not counts.rows or np.ptp(losses) == 0:
        return 1.0
    lowest = int(losses.argmin())
    if lowest in (0, len(losses) - 1):
        return float(TEMPERATURES[lowest])
    before, at, after = losses[lowest - 1 : lowest + 2]
    curvature = before - 2 * at + after
    shift = 0.5 * (before - after) / curvature if curvature > 0 else 0.0
    step = np.log(TEMPERATURES[1] / TEMPERATURES[0])
    return float(TEMPERATURES[lowest] * np.exp(shift * step))
