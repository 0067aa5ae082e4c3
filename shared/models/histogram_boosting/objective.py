"""What boosting minimises: minus the log of the probability of a row's candidate classes."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from shared.models.training_data import Probabilities

Floats = npt.NDArray[np.float64]

SMALLEST_HESSIAN = 1e-6
SMALLEST_SHARE = 1e-6


def class_probabilities(margins: npt.NDArray[Any]) -> Probabilities:
    """Turn margins of shape (rows, groups) into probabilities of shape (rows, classes)."""
    scores = np.asarray(margins, dtype=np.float64)
    if scores.shape[1] == 1:
        scores = np.column_stack([np.zeros(len(scores)), scores[:, 0]])
    exponential = np.exp(scores - scores.max(axis=1, keepdims=True))
    result: Probabilities = exponential / exponential.sum(axis=1, keepdims=True)
    return result


def intercept(frequencies: Floats, weights: Floats) -> npt.NDArray[np.float32]:
    """Return the margin that gives each class its share of the federated weight, shape (groups,).

    What XGBoost estimates from the rows, from counts that all hospitals know.

    Parameters
    ----------
    frequencies, weights : arrays of shape (classes,)
        Federated share and weight of each class.
    """
    shares = np.maximum(frequencies * weights, SMALLEST_SHARE)
    scores = np.log(shares / shares.sum())
    raised = scores[1:] - scores[:1] if len(scores) == 2 else scores - scores.mean()
    found: npt.NDArray[np.float32] = raised.astype(np.float32)
    return found


def losses(margins: npt.NDArray[Any], candidates: npt.NDArray[np.bool_]) -> Floats:
    """Return each row's loss without its weight, shape (rows,)."""
    right = (class_probabilities(margins) * candidates).sum(axis=1)
    found: Floats = -np.log(np.maximum(right, 1e-12))
    return found


def derivatives(
    margins: npt.NDArray[Any], candidates: npt.NDArray[np.bool_], row_weights: Floats
) -> tuple[Floats, Floats]:
    """Return gradient and hessian of the weighted loss, each of shape (rows, groups).

    With p the class probabilities and S a row's candidates, the gradient of class k is
    ``p_k - p_k [k in S] / sum_S p``; the hessian is XGBoost's: ``p (1 - p)`` for two classes, its
    bound ``2 p_k (1 - p_k)`` for more.
    """
    weights = row_weights[:, None]
    probabilities = class_probabilities(margins)
    masked = probabilities * candidates
    posterior = masked / np.maximum(masked.sum(axis=1, keepdims=True), 1e-12)
    gradient = weights * (probabilities - posterior)
    hessian = weights * probabilities * (1 - probabilities)
    if margins.shape[1] == 1:
        return gradient[:, 1:], np.maximum(hessian[:, 1:], SMALLEST_HESSIAN)
    return gradient, np.maximum(2 * hessian, SMALLEST_HESSIAN)
