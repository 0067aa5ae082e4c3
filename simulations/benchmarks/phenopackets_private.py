"""Centroids from noised sums: what stays of the cases' evidence under a formal guarantee."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy import sparse

from shared.knowledge.knowledge import Knowledge
from shared.knowledge.matching import unit_rows
from shared.privacy.gaussian_budget import mu_of
from shared.ranking.disease_sums import CaseTable

DELTA = 1e-5
# A case is a vector of length 1 and a count of 1, in one row of the sum.
SENSITIVITY = math.sqrt(2)
# A count must stand out of the noise of 8,000 diseases.
DEVIATIONS = 3.0
# How alike two patients of a disease are before anything is known of it: mean and spread of the
# cosine, on which a noised one is pulled back.
LIKENESS, SPREAD = 0.2, 0.12
# Places of the list that diseases without enough cases get, by knowledge alone; known beforehand.
PLACES_OF_KNOWLEDGE = (3, 6, 8, 9)
LISTED = 10


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
    """Rank by one noised sum of all hospitals and by knowledge, with nothing else learned.

    Neighbours differ by one case. The sum is (epsilon, 1e-5)-differentially private as the
    hospitals' secret sum gives it: one hospital's share of the noise does not hide its cases from
    the others if all of them conspire. What is kept, weighted and ordered afterwards costs nothing.

    Parameters
    ----------
    fixed : array of shape (test cases, diseases)
        Score by knowledge alone.
    """
    generator = np.random.default_rng(seed)
    deviation = SENSITIVITY / mu_of(epsilon, DELTA)
    information = sparse.diags(knowledge.information)
    number = len(knowledge.diseases)

    def units(cases: CaseTable) -> sparse.csr_matrix:
        above = knowledge.findings.with_ancestors(cases.observed)
        return unit_rows(sparse.csr_matrix(above @ information))

    counts = np.bincount(rows, minlength=number) + generator.normal(0, deviation, number)
    kept = np.flatnonzero(counts > DEVIATIONS * deviation)
    by_disease = sparse.csr_matrix(
        (np.ones(len(rows), dtype=np.float32), (rows, np.arange(len(rows)))),
        shape=(number, len(rows)),
    )
    sums = (by_disease @ units(training))[kept].toarray()
    sums += generator.normal(0, deviation, sums.shape).astype(np.float32)
    number_of = counts[kept][None]
    believed = number_of * SPREAD**2 / (number_of**2 * SPREAD**2 + deviation**2)
    scores = LIKENESS + believed * (units(test) @ sums.T - number_of * LIKENESS)
    by_cases = kept[np.argsort(-scores, axis=1)[:, :LISTED]]
    others = fixed.copy()
    others[:, kept] = -np.inf
    first = np.argpartition(-others, LISTED, axis=1)[:, :LISTED]
    order = np.argsort(-np.take_along_axis(others, first, axis=1), axis=1)
    by_knowledge = np.take_along_axis(first, order, axis=1)
    listed = np.full((len(truth), LISTED), -1, dtype=np.int64)
    for row in range(len(truth)):
        cases, known = iter(by_cases[row]), iter(by_knowledge[row])
        for place in range(LISTED):
            first, second = (known, cases) if place in PLACES_OF_KNOWLEDGE else (cases, known)
            listed[row, place] = next(first, next(second, -1))
    found = (listed == truth[:, None]) & (truth[:, None] >= 0)
    return np.where(found.any(axis=1), found.argmax(axis=1), np.inf)
