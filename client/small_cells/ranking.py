"""What a learning of rankings asks for, without cells of few patients.

Sums of derivatives and of moments are of enough cases or of none where they are made; here are the
sums by disease, and counts.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy import sparse

from client.small_cells.cells import floored, grouped_alone
from shared.knowledge.terms import Matrix
from shared.models.base import Arrays
from shared.ranking.disease_sums import DiseaseSums
from shared.ranking_learning.messages import RankedCases, fold_arrays, folds_of
from shared.ranking_learning.ranks import ANSWERED, RANKS, RELIABILITY, SETS

Numbers = npt.NDArray[np.float64]


def told_sums(arrays: Arrays, smallest: int) -> Arrays:
    """Return the sums of each fold with every count a multiple of the smallest cell.

    A disease with fewer cases in a fold is not told there at all, and a finding that fewer of its
    cases have neither.
    """
    return fold_arrays([_told(each, smallest) for each in folds_of(arrays)])


def told_cases(cases: RankedCases, smallest: int) -> RankedCases:
    """Return how many cases there are in multiples of the smallest cell."""
    return cases.model_copy(
        update={
            "training": floored(cases.training, smallest),
            "held_out": floored(cases.held_out, smallest),
        }
    )


def told_counts(arrays: Arrays, smallest: int) -> Arrays:
    """Return counts over calibration cases in multiples of the smallest cell."""
    if "histogram" in arrays:
        return {"histogram": _alone(arrays["histogram"], smallest)}
    if "sums" in arrays:
        cases = float(arrays["cases"][0])
        few = cases < smallest
        told = floored(int(cases), smallest)
        share = 0.0 if few else told / cases
        return {"sums": arrays["sums"] * share, "cases": np.array([float(told)])}
    return {name: np.floor(each / smallest) * smallest for name, each in arrays.items()}


def told_evaluation(arrays: Arrays, smallest: int) -> Arrays:
    """Return how far up right diseases stand, in groups of at least the smallest cell."""
    ranks = np.zeros_like(arrays[RANKS])
    for method in range(len(ranks)):
        for group in range(ranks.shape[1]):
            ranks[method, group] = _alone(arrays[RANKS][method, group], smallest)
    wrong, right = arrays[RELIABILITY].T
    # From the surest mistake over the least sure answers to the surest hit.
    line = _alone(np.concatenate([wrong[::-1], right]), smallest)
    size = len(wrong)
    return {
        RANKS: ranks,
        RELIABILITY: np.stack([line[:size][::-1], line[size:]], axis=1),
        SETS: _alone(arrays[SETS], smallest),
        ANSWERED: _alone(arrays[ANSWERED], smallest),
    }


def _alone(counts: Numbers, smallest: int) -> Numbers:
    return grouped_alone(counts.astype(np.int64), smallest).astype(np.float64)


def _told(sums: DiseaseSums, smallest: int) -> DiseaseSums:
    cases = np.floor(sums.cases / smallest) * smallest
    return replace(
        sums,
        cases=cases,
        sources=cases.copy(),
        above=_floored(sums.above, smallest),
        observed=_floored(sums.observed, smallest),
        even=_floored(sums.even, smallest),
        background=_rows_floored(sums.background, smallest),
    )


def _floored(matrix: Matrix, smallest: int) -> Matrix:
    found = sparse.csr_matrix(matrix, copy=True)
    # Sums of ones, which are whole but for rounding.
    found.data = (np.floor(np.rint(found.data) / smallest) * smallest).astype(np.float32)
    found.eliminate_zeros()
    return found


def _rows_floored(table: npt.NDArray[np.float32], smallest: int) -> npt.NDArray[np.float32]:
    return (np.floor(np.rint(table) / smallest) * smallest).astype(np.float32)
