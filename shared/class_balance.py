"""Weights that keep common classes from drowning rare ones."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

ClassBalance = Literal["none", "effective_number", "inverse_frequency"]

# Of the effective number: beyond about 1 / (1 - beta) rows, further rows of a class add little.
BETA = 0.99


def class_weights(
    counts: npt.NDArray[np.float64], balance: ClassBalance
) -> npt.NDArray[np.float64]:
    """Weight each class from the federated counts, so that the mean weight of a row is one.

    ``effective_number`` follows Cui et al. 2019: a class weighs ``(1 - b) / (1 - b**n)``.

    Parameters
    ----------
    counts : array of shape (classes,)
        Rows of each class at all hospitals together.

    Returns
    -------
    array of shape (classes,)
        Classes nobody has weigh one.
    """
    present = counts > 0
    weights = np.ones_like(counts)
    if balance == "inverse_frequency":
        weights[present] = 1 / counts[present]
    elif balance == "effective_number":
        weights[present] = (1 - BETA) / (1 - BETA ** counts[present])
    if present.any():
        mean = (weights * counts).sum() / counts.sum()
        weights[present] /= mean
    weights[~present] = 1.0
    return weights
