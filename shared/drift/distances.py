"""How far two tables of counts are apart; each takes many windows at once."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
# Added to each count, so that an empty cell is no infinite distance.
_SMOOTHING = 0.5


def population_stability(reference: Floats, window: Floats) -> Floats:
    """Return the population stability index, with half a row added to each cell.

    Parameters
    ----------
    reference, window : array of shape (..., cells)
        Counts.

    Returns
    -------
    array of shape (...)
    """
    first, second = _shares(reference + _SMOOTHING), _shares(window + _SMOOTHING)
    found: Floats = ((second - first) * np.log(second / first)).sum(axis=-1)
    return found


def jensen_shannon(reference: Floats, window: Floats) -> Floats:
    """Return the Jensen-Shannon divergence in bits, from 0 to 1 (Lin 1991); as above."""
    first, second = _shares(reference), _shares(window)
    middle = (first + second) / 2
    found: Floats = (_relative_entropy(first, middle) + _relative_entropy(second, middle)) / 2
    return found


def chi_squared(reference: Floats, window: Floats, noise: Floats | float = 0.0) -> Floats:
    """Return the chi-squared statistic of homogeneity of two samples; as above.

    Parameters
    ----------
    noise : array of shape (cells,)
        Standard deviation of the noise in the reference's counts, which adds to the variance that
        a difference is held against; otherwise a cell that noise empties would decide alone.
    """
    rows, others = window.sum(axis=-1, keepdims=True), reference.sum(axis=-1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        both = (window + reference) / (rows + others)
        variance = both * (1 / rows + 1 / others) + (noise / others) ** 2
        terms = (window / rows - reference / others) ** 2 / variance
    found: Floats = np.where(variance > 0, terms, 0.0).sum(axis=-1)
    return found


def _shares(counts: Floats) -> Floats:
    total = counts.sum(axis=-1, keepdims=True)
    shares: Floats = counts / np.where(total > 0, total, 1.0)
    return shares


def _relative_entropy(first: Floats, middle: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = first * np.log2(first / middle)
    found: Floats = np.where(first > 0, terms, 0.0).sum(axis=-1)
    return found
