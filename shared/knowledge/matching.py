"""How well a case fits what is known of each disease, all diseases at once."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from shared.knowledge.knowledge import Knowledge
from shared.knowledge.terms import Matrix

Floats = npt.NDArray[np.float32]
# Share of findings that come from anywhere rather than from the disease.
NOISE = 0.3
# What the way back, from the disease's findings to the patient's, weighs.
BACK = 0.5
# How the fixed knowledge score weighs its three parts, and how much of an excluded finding's
# annotated frequency is believed.
SYMMETRIC, COSINE, BELIEVED = 2.0, 5.0, 0.9


@dataclass(frozen=True)
class KnowledgeScores:
    """Scores of shape (cases, diseases); higher fits better.

    Attributes
    ----------
    match : array
        Frequency-weighted symmetric best match, as a share of the information of the case.
    symmetric : array
        The same in nats, both ways alike.
    likelihood : array
        Of the findings as they were observed, over that under any disease, weighted by information.
    likelihood_above : array
        The same over findings and everything above them.
    cosine : array
    against : array
        At most 0: what excluded findings say against a disease that often has them.
    """

    match: Floats
    symmetric: Floats
    likelihood: Floats
    likelihood_above: Floats
    cosine: Floats
    against: Floats

    @property
    def fixed(self) -> Floats:
        """One score from the parts by fixed weights, without excluded findings."""
        whole = self.likelihood + SYMMETRIC * self.symmetric + COSINE * self.cosine
        return np.asarray(whole, dtype=np.float32)


def unit_rows(matrix: Matrix) -> Matrix:
    """Scale every row to length 1; empty rows stay empty."""
    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    factors = np.divide(1, lengths, out=np.zeros_like(lengths), where=lengths > 0)
    return sparse.csr_matrix(sparse.diags(factors.astype(np.float32)) @ matrix)


class Matcher:
    """Knowledge laid out for scoring.

    Best match: Köhler et al. 2009, American Journal of Human Genetics 85, with annotated
    frequencies as weights; the likelihood follows Robinson et al. 2020, American Journal of Human
    Genetics 107.
    """

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge = knowledge
        information = knowledge.information
        self._by_finding = knowledge.propagated.tocsc()
        self._sums = np.maximum(np.asarray(knowledge.frequencies.sum(axis=1)).ravel(), 1e-6)
        weighted = knowledge.frequencies @ sparse.diags(information)
        self._weighted_sums = np.maximum(np.asarray(weighted.sum(axis=1)).ravel(), 1e-6)
        ratios = sparse.csr_matrix(knowledge.propagated @ sparse.diags(1 / knowledge.background))
        ratios.data = np.log1p((1 - NOISE) / NOISE * ratios.data)
        relative = information / max(float(information.max()), 1e-6)
        self.weights = sparse.csr_matrix(ratios @ sparse.diags(relative), dtype=np.float32)
        against = knowledge.propagated.copy()
        against.data = np.log1p(-BELIEVED * against.data)
        # Turned once: each product would turn them anew.
        self._against = sparse.csr_matrix(against.T)
        self._weights = sparse.csr_matrix(self.weights.T)
        self._information = sparse.diags(information)
        units = unit_rows(sparse.csr_matrix(knowledge.propagated @ self._information))
        self._units = sparse.csr_matrix(units.T)

    def scores(self, observed: Matrix, excluded: Matrix) -> KnowledgeScores:
        """Score cases, a row each, against every disease."""
        above = self.knowledge.findings.with_ancestors(observed)
        ways = [self._best_match(observed.indices[a:b]) for a, b in _spans(observed)]
        size = (0, len(self.knowledge.diseases))
        match = np.stack([each[0] for each in ways]) if ways else np.zeros(size, np.float32)
        symmetric = np.stack([each[1] for each in ways]) if ways else np.zeros(size, np.float32)
        cosine = unit_rows(sparse.csr_matrix(above @ self._information)) @ self._units
        return KnowledgeScores(
            match=match,
            symmetric=symmetric,
            likelihood=(observed @ self._weights).toarray(),
            likelihood_above=(above @ self._weights).toarray(),
            cosine=cosine.toarray(),
            against=(excluded @ self._against).toarray(),
        )

    def _best_match(self, case: npt.NDArray[np.int32]) -> tuple[Floats, Floats]:
        diseases = len(self.knowledge.diseases)
        information = self.knowledge.information
        forth = np.zeros(diseases, dtype=np.float32)
        if not len(case):
            return forth, forth
        above: set[int] = set()
        for column in case:
            best = np.zeros(diseases, dtype=np.float32)
            ancestors = self.knowledge.findings.ancestors(int(column))
            # The more telling come last and overwrite what lies above them.
            for each in ancestors[np.argsort(information[ancestors], kind="stable")]:
                start, end = self._by_finding.indptr[each], self._by_finding.indptr[each + 1]
                best[self._by_finding.indices[start:end]] = information[each]
            forth += best
            above.update(ancestors.tolist())
        shared = np.zeros(len(information), dtype=np.float32)
        for each in sorted(above, key=lambda column: information[column]):
            shared[self.knowledge.findings.descendants(each)] = information[each]
        back = self.knowledge.frequencies @ shared
        told = max(float(information[case].sum()), 1e-6)
        match = forth / told + BACK * back / self._weighted_sums
        return match.astype(np.float32), (forth / len(case) + back / self._sums).astype(np.float32)


def _spans(matrix: Matrix) -> list[tuple[int, int]]:
    ends = matrix.indptr.tolist()
    return list(itertools.pairwise(ends))
