"""The benchmark's ranks from noised sums: what stays of the cases' evidence under a guarantee."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from shared.knowledge.knowledge import Knowledge
from shared.privacy.gaussian_budget import mu_of
from shared.ranking.disease_sums import CaseTable
from shared.ranking.noised_centroids import (
    LISTED,
    NoisedCentroids,
    kept_rows,
    noise_of,
    places_of,
    summed_units,
    unit_cases,
)

DELTA = 1e-5


def private_ranks(
    knowledge: Knowledge,
    training: CaseTable,
    rows: npt.NDArray[np.int64],
    test: CaseTable,
    truth: npt.NDArray[np.int64],
    fixed: npt.NDArray[np.float32],
    epsilon: float,
    seed: int,
) -> npt.NDArray[np.float64]:
    """Rank by noised counts and sums of all hospitals and by knowledge, with nothing else learned.

    Neighbours differ by one case, not by one publication. Counts and sums together are
    (epsilon, 1e-5)-differentially private as the hospitals' secret sum gives them: one hospital's
    share of the noise does not hide its cases from the others if all of them conspire.

    Parameters
    ----------
    fixed : array of shape (test cases, diseases)
        Score by knowledge alone.
    """
    generator = np.random.default_rng(seed)
    blur, deviation = noise_of(mu_of(epsilon, DELTA) ** 2)
    number = len(knowledge.diseases)
    counts = np.bincount(rows, minlength=number) + generator.normal(0, blur, number)
    kept = kept_rows(counts, blur)
    sums = summed_units(unit_cases(knowledge, training.observed), rows, kept)
    sums += generator.normal(0, deviation, sums.shape)
    centroids = NoisedCentroids(
        rows=kept,
        cases=counts[kept].astype(np.float32),
        sums=sums.astype(np.float32),
        deviation=deviation,
    )
    places = places_of(centroids.listed(unit_cases(knowledge, test.observed), fixed), truth)
    return np.where(places < LISTED, places.astype(np.float64), np.inf)
