"""What the federation's cases say of a new one, for each disease that has cases."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from shared.knowledge.matching import unit_rows
from shared.knowledge.terms import Findings
from shared.ranking.disease_sums import AGE_BORDERS, CaseTable, DiseaseSums, background_of

Floats = npt.NDArray[np.float32]
# How many invented cases of the background each disease is given, so that one real case is not
# believed to show what all patients have.
INVENTED = 2.0
# What the expected score of a typical patient is divided by: this power of it.
LENGTH = 0.3
GROUPS = (len(AGE_BORDERS) + 1, len(AGE_BORDERS) + 1, 2)


@dataclass(frozen=True)
class CaseScores:
    """Scores of shape (cases, diseases with cases).

    Attributes
    ----------
    cosine : array
        With the diseases' centroids, weighted by inverse disease frequency.
    leaf, leaf_plain : array
        Likelihood ratio of the findings as observed, with and without regard to how much a typical
        patient would reach.
    above, above_plain : array
        The same over findings and everything above them, by inverse frequency.
    bernoulli : array
        Likelihood ratio that also counts what the disease often has and the case does not show.
    age, onset, sex : array
    against : array
        At most 0: what excluded findings say against a disease whose cases often have them.
    """

    cosine: Floats
    leaf: Floats
    leaf_plain: Floats
    above: Floats
    above_plain: Floats
    bernoulli: Floats
    age: Floats
    onset: Floats
    sex: Floats
    against: Floats


class CaseEvidence:
    """Merged sums laid out for scoring.

    Attributes
    ----------
    rows : int array of shape (diseases with cases,)
        Their rows among the candidates.
    """

    def __init__(self, findings: Findings, sums: DiseaseSums) -> None:
        self._findings = findings
        self.rows = np.flatnonzero(sums.cases > 0)
        self.cases, self.sources = sums.cases, sums.sources
        above = sums.above[self.rows]
        self._columns = np.flatnonzero(np.asarray(above.sum(axis=0)).ravel() > 0)
        counts = above[:, self._columns].toarray()
        number = sums.sources[self.rows][:, None]
        having = (counts > 0).sum(axis=0)
        self._inverse = np.log((len(self.rows) + 1) / (having + 1)).astype(np.float32)
        everywhere = (counts / number).mean(axis=0)[None]
        share = (counts + INVENTED * everywhere) / (number + INVENTED)
        present = np.log(share / everywhere).astype(np.float32)
        absent = np.log((1 - share + 1e-6) / (1 - everywhere + 1e-6)).astype(np.float32)
        relative = self._inverse / max(float(self._inverse.max()), 1e-6)
        self._present, self._absent = present, absent
        self._weighted = present * relative
        expected = (share * self._weighted).sum(axis=1)
        self._above_length = np.maximum(expected, 0.5) ** LENGTH
        typical = sums.observed[self.rows][:, self._columns].toarray() / number
        self._leaf_length = np.maximum((typical * present).sum(axis=1), 0.5) ** LENGTH
        even = sums.even[self.rows][:, self._columns]
        centroids = unit_rows(sparse.csr_matrix(even @ sparse.diags(self._inverse)))
        # Turned once: each product would turn them anew.
        self._centroids = sparse.csr_matrix(centroids.T)
        self._background = _background_ratios(sums.background[self.rows])

    def scores(self, cases: CaseTable) -> CaseScores:
        """Score cases, a row each, against every disease that has cases."""
        above = self._findings.with_ancestors(cases.observed)[:, self._columns]
        observed, excluded = cases.observed[:, self._columns], cases.excluded[:, self._columns]
        leaf = np.asarray(observed @ self._present.T, dtype=np.float32)
        weighted = np.asarray(above @ self._weighted.T, dtype=np.float32)
        units = unit_rows(sparse.csr_matrix(above @ sparse.diags(self._inverse)))
        start = self._absent.sum(axis=1)[None]
        bernoulli = np.asarray(above @ (self._present - self._absent).T) + start
        background = background_of(cases)
        ends = np.cumsum((0, *GROUPS))
        age, onset, sex = (
            background[:, a:b] @ self._background[:, a:b].T for a, b in itertools.pairwise(ends)
        )
        return CaseScores(
            cosine=(units @ self._centroids).toarray(),
            leaf=leaf / self._leaf_length[None],
            leaf_plain=leaf,
            above=weighted / self._above_length[None],
            above_plain=weighted,
            bernoulli=bernoulli.astype(np.float32),
            age=age,
            onset=onset,
            sex=sex,
            against=np.asarray(excluded @ np.minimum(self._absent, 0).T, dtype=np.float32),
        )


def _background_ratios(counts: Floats) -> Floats:
    parts, start = [], 0
    for width in GROUPS:
        part = counts[:, start : start + width]
        everywhere = (part.sum(axis=0) + 1) / (part.sum() + width)
        share = (part + INVENTED * everywhere) / (part.sum(axis=1, keepdims=True) + INVENTED)
        parts.append(np.log(share / everywhere))
        start += width
    return np.hstack(parts).astype(np.float32)
