"""What tables of counts say: how much a feature tells of the class, how far hospitals are apart."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import jensenshannon
from scipy.special import rel_entr
from scipy.stats import entropy

from shared.exploration.partition import Integers

Floats = npt.NDArray[np.float64]


def mutual_information(table: Integers) -> float:
    """Return what rows tell of columns, in bits.

    Parameters
    ----------
    table : int64 array of shape (rows, columns)
        Patients.
    """
    total = table.sum()
    if not total:
        return 0.0
    joint = table / total
    apart = np.outer(joint.sum(axis=1), joint.sum(axis=0))
    return float(max(rel_entr(joint, apart).sum() / np.log(2), 0.0))


def information_by_chance(table: Integers) -> float:
    """Return what unrelated rows of as many patients would seem to tell, in bits (Miller 1955)."""
    rows, columns = ((table.sum(axis=axis) > 0).sum() for axis in (1, 0))
    total = int(table.sum())
    if not total:
        return 0.0
    return float((rows - 1) * (columns - 1) / (2 * total * np.log(2)))


def uncertainty(counts: Integers) -> float:
    """Return the entropy of counts, in bits."""
    return float(entropy(counts, base=2)) if counts.sum() else 0.0


def weighted_mean(values: Iterable[tuple[float, int]]) -> float:
    """Return the mean of values over patients; 0 of none.

    Of what rows tell of columns at single hospitals, it is what they tell once it is known which
    hospital a patient is of: differences in case mix do not pass for information.
    """
    pairs = list(values)
    patients = sum(weight for _, weight in pairs)
    return sum(value * weight for value, weight in pairs) / patients if patients else 0.0


def distance(first: Integers, second: Integers) -> float:
    """Return the Jensen-Shannon distance of two counts of the same cells, from 0 to 1."""
    found = jensenshannon(first.astype(np.float64), second.astype(np.float64), base=2)
    return float(np.nan_to_num(found))


def distance_by_chance(first: Integers, second: Integers) -> float:
    """Return how far apart two draws of so many patients from one population usually are.

    To first order the divergence of two draws is a sum of squared normal deviates.
    """
    cells = int(((first + second) > 0).sum())
    parts = 1 / first.sum() + 1 / second.sum()
    return float(np.sqrt(max(cells - 1, 0) * parts / (8 * np.log(2))))
