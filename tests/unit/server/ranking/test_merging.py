"""Sums of cases from hospitals are checked before they are added up."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from server.ranking.merging import checked_sums, merged_folds
from shared.errors import JuntosError, PartialRunError
from shared.models.base import Arrays
from shared.ranking.disease_sums import DiseaseSums
from shared.ranking_learning.messages import fold_arrays

SHAPE = (4, 6)


def sums_of(seed: int, rows: tuple[int, ...] = (0, 1, 3)) -> DiseaseSums:
    generator = np.random.default_rng(seed)
    counts = np.zeros(SHAPE, dtype=np.float32)
    counts[list(rows)] = generator.integers(1, 4, (len(rows), SHAPE[1]))
    cases = np.zeros(SHAPE[0], dtype=np.float32)
    cases[list(rows)] = 3
    matrix = sparse.csr_matrix(counts)
    background = np.ones((SHAPE[0], 22), dtype=np.float32)
    return DiseaseSums(cases, cases.copy(), matrix, matrix.copy(), matrix.copy(), background)


def test_sums_that_are_none_are_refused() -> None:
    folds = [sums_of(1), sums_of(2)]
    arrays = fold_arrays(folds)
    found = checked_sums(arrays, 2, SHAPE)
    assert np.array_equal(found[1].above.toarray(), folds[1].above.toarray())
    wrong: list[Arrays] = [
        fold_arrays(folds[:1]),
        {name: each for name, each in arrays.items() if name != "0.above.indptr"},
        {**arrays, "0.above.indices": arrays["0.above.indices"] + 10},
        fold_arrays([replace(folds[0], cases=-folds[0].cases), folds[1]]),
        fold_arrays([replace(folds[0], background=folds[0].background * np.nan), folds[1]]),
        {},
    ]
    for each in wrong:
        with pytest.raises(JuntosError):
            checked_sums(each, 2, SHAPE)
    with pytest.raises(JuntosError, match="other diseases"):
        checked_sums(arrays, 2, (5, 6))


def test_diseases_of_too_few_cases_are_known_from_annotations_only() -> None:
    hospitals = [[sums_of(1), sums_of(2)], [sums_of(3, (0, 1)), sums_of(4, (0, 1))]]
    found = merged_folds(hospitals, fewest=7)
    assert [each.cases.tolist() for each in found] == [[6, 6, 0, 0]] * 2
    assert not found[0].above[3].toarray().any()
    assert not found[0].background[3].any()
    with pytest.raises(PartialRunError, match="too few cases"):
        merged_folds(hospitals, fewest=13)
