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
# A case is a vector of length 1 and, beside it, a count of this, in one row of the sum: the sum is
# worth more than a close count.
COUNTED = 0.7
SENSITIVITY = math.sqrt(1 + COUNTED**2)
# A count must stand out of the noise of 8,000 diseases.
DEVIATIONS = 3.0
# How alike two patients of a disease are before anything is known of it: mean and spread of the
# cosine, on which a noised one is pulled back; and how much the mean moves with what knowledge
# says, in its standard deviations over all diseases.
LIKENESS, SPREAD, BY_KNOWLEDGE = 0.2, 0.09, 0.02
FARTHEST = (-3.0, 8.0)
# How much the logarithm of the number of cases weighs: more patients have the more frequent ones.
BY_NUMBER = 0.04
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

    Neighbours differ by one case, not by one publication. The numbers above were chosen on folds
    of the training file and do not look at it again.
    The sum is (epsilon, 1e-5)-differentially private as the
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

    blur = deviation / COUNTED
    counts = np.bincount(rows, minlength=number) + generator.normal(0, blur, number)
    kept = np.flatnonzero(counts > DEVIATIONS * blur)
    by_disease = sparse.csr_matrix(
        (np.ones(len(rows), dtype=np.float32), (rows, np.arange(len(rows)))),
        shape=(number, len(rows)),
    )
    sums = (by_disease @ units(training))[kept].toarray()
    sums += generator.normal(0, deviation, sums.shape).astype(np.float32)
    number_of = counts[kept][None]
    believed = number_of * SPREAD**2 / (number_of**2 * SPREAD**2 + deviation**2)
    fit = (fixed - fixed.mean(axis=1, keepdims=True)) / (fixed.std(axis=1, keepdims=True) + 1e-6)
    expected = LIKENESS + BY_KNOWLEDGE * fit[:, kept].clip(*FARTHEST)
    scores = expected + believed * (units(test) @ sums.T - number_of * expected)
    scores += BY_NUMBER * np.log(number_of)
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
