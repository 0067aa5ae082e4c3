"""How far up the right disease stands, counted so that noise can hide each patient.

A held-out patient adds one to one cell for the list with the federation's cases, and one to one
cell for the list by knowledge alone: the counts move by the square root of 2 at most. Cells tell
patients apart by how much their findings say, so that a probability can differ between a patient
with one common finding and one with ten rare ones; the borders are known beforehand.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import isotonic_regression

from shared.knowledge import Matcher
from shared.ranking.disease_sums import CaseTable
from shared.ranking.noised_centroids import (
    LISTED,
    NoisedCentroids,
    Rows,
    first_by_knowledge,
    places_of,
    unit_cases,
)

Counts = npt.NDArray[np.float64]
# Information of a case's findings together, in nats.
TOLD_BORDERS = (25.0, 60.0)
BANDS = len(TOLD_BORDERS) + 1
# Of the disease: whether its cases stand out of the noise.
GROUPS = 2
CELLS = (2, BANDS, GROUPS, LISTED + 1)
SIZE = int(np.prod(CELLS))


def bands_of(matcher: Matcher, cases: CaseTable) -> Rows:
    """Return by how much the findings of cases say in which band they are."""
    told = np.asarray(cases.observed @ matcher.knowledge.information).ravel()
    found: Rows = np.digitize(told, TOLD_BORDERS)
    return found


def counted_places(
    matcher: Matcher, centroids: NoisedCentroids, cases: CaseTable, truth: Rows
) -> npt.NDArray[np.int64]:
    """Count the held-out cases of one hospital; shape (`SIZE`,)."""
    found = np.zeros(CELLS, dtype=np.int64)
    if len(cases):
        fixed = matcher.scores(cases.observed, cases.excluded).fixed
        lists = (
            centroids.listed(unit_cases(matcher.knowledge, cases.observed), fixed),
            first_by_knowledge(fixed),
        )
        bands, group = bands_of(matcher, cases), np.isin(truth, centroids.rows).astype(np.int64)
        for method, listed in enumerate(lists):
            np.add.at(found[method], (bands, group, places_of(listed, truth)), 1)
    return found.ravel()


@dataclass(frozen=True)
class NoisedPlaces:
    """Noised counts of all hospitals.

    Attributes
    ----------
    counts : array of shape (methods, bands, groups, places)
        Methods: with the federation's cases, by knowledge alone. The last place is "not listed".
    deviation : float
        Of each.
    """

    counts: Counts
    deviation: float

    @classmethod
    def read(cls, values: Counts, deviation: float) -> NoisedPlaces:
        """Read what `counted_places` wrote."""
        return cls(values.reshape(CELLS).astype(np.float64), deviation)

    def probabilities(self) -> Counts:
        """Return how often the right disease stands at each place, of shape (bands, places).

        Falling with the place, never negative, at most 1 together. A band that noise drowns is
        drawn to that of all patients by as much (as an empirical Bayes estimate is).
        """
        by_band = self.counts[0].sum(axis=1)
        whole = _shares(by_band.sum(axis=0), np.full(LISTED + 1, 1 / (LISTED + 1)), 0.0)
        noise = self.deviation**2 * GROUPS * (LISTED + 1)
        found = []
        for band in by_band:
            size = max(float(band.sum()), 0.0)
            # How many patients of all the noise outweighs.
            weight = noise / max(size, 1.0)
            found.append(_shares(band, whole, weight))
        return np.stack(found)[:, :LISTED]


def _shares(counts: Counts, prior: Counts, weight: float) -> Counts:
    """Return shares from noised counts and so many patients of a prior."""
    positive = np.maximum(counts, 0.0)
    total = float(positive.sum()) + weight
    shares = (positive + weight * prior) / total if total > 0 else prior.copy()
    # The nearest falling numbers (pool adjacent violators, Ayer et al. 1955).
    shares[:LISTED] = isotonic_regression(shares[:LISTED], increasing=False).x
    return shares
