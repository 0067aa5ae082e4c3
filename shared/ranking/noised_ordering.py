"""All diseases in the order of noised centroids and of knowledge, with probabilities by place."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import sparse

from shared.knowledge import Matcher, Published
from shared.knowledge.terms import Matrix
from shared.ranking.disease_sums import CaseTable, DiseaseSums, background_of
from shared.ranking.engine import Ordered, RankingEngine
from shared.ranking.noised_centroids import NoisedCentroids, unit_cases
from shared.ranking.noised_places import bands_of


class NoisedOrdering:
    """Orders diseases under a formal guarantee.

    Parameters
    ----------
    matcher : Matcher
    centroids : NoisedCentroids
    probabilities : array of shape (bands, places)
        How often the right disease stood at a place, for held-out patients of each band.
    """

    def __init__(
        self,
        matcher: Matcher,
        centroids: NoisedCentroids,
        probabilities: npt.NDArray[np.float64],
    ) -> None:
        self._matcher, self._centroids, self._probabilities = matcher, centroids, probabilities

    def order(self, case: CaseTable) -> Ordered:
        """Order the first ten diseases for the one case of a table."""
        known = self._matcher.scores(case.observed, case.excluded)
        units = unit_cases(self._matcher.knowledge, case.observed)
        listed = self._centroids.listed(units, known.fixed)[0]
        there = listed >= 0
        shares = self._probabilities[bands_of(self._matcher, case)[0]][there]
        alike = self._centroids.scores(units, known.fixed)[0]
        return Ordered(
            rows=listed[there],
            probabilities=shares,
            something_else=max(1.0 - float(shares.sum()), 0.0),
            # No set is promised: how sure an answer is depends on too little.
            cut_off=0.0,
            match=known.match[0],
            fixed=known.fixed[0],
            by_cases=dict(zip(self._centroids.rows.tolist(), alike.tolist(), strict=True)),
        )


def noised_engine(
    published: Published,
    matcher: Matcher,
    centroids: NoisedCentroids,
    probabilities: npt.NDArray[np.float64],
) -> RankingEngine:
    """Return the engine of a run with a formal guarantee; its reasons are the annotations'."""
    knowledge = matcher.knowledge
    cases = np.zeros(len(knowledge.diseases), dtype=np.float32)
    cases[centroids.rows] = np.rint(centroids.cases)
    ordering = NoisedOrdering(matcher, centroids, probabilities)
    shape = (len(knowledge.diseases), len(knowledge.findings.codes))
    return RankingEngine(published, matcher, no_sums(shape), ordering, cases)


def no_sums(shape: tuple[int, int]) -> DiseaseSums:
    """Return the sums of no cases."""

    def nothing(rows: int) -> Matrix:
        empty = np.zeros(0, dtype=np.float32), (np.zeros(0, int), np.zeros(0, int))
        return sparse.csr_matrix(empty, shape=(rows, shape[1]))

    nobody = np.full(0, np.nan)
    width = background_of(CaseTable(nothing(0), nothing(0), nobody, nobody, nobody)).shape[1]
    return DiseaseSums(
        cases=np.zeros(shape[0], dtype=np.float32),
        sources=np.zeros(shape[0], dtype=np.float32),
        above=nothing(shape[0]),
        observed=nothing(shape[0]),
        even=nothing(shape[0]),
        background=np.zeros((shape[0], width), dtype=np.float32),
    )
