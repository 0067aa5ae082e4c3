"""Alike cases, and those of frequent diseases, weigh less; never all together nothing."""

from __future__ import annotations

import numpy as np

from shared.ranking.case_weights import case_weights


def test_a_source_with_many_cases_weighs_more_than_one_but_not_as_many() -> None:
    found = case_weights(["a"] * 4 + ["b"], np.ones(5, dtype=np.int64))
    np.testing.assert_allclose(found, [0.5] * 4 + [1.0])
    assert found[:4].sum() > found[4]


def test_frequent_diseases_weigh_less_and_unseen_ones_as_those_of_one_case() -> None:
    found = case_weights(["a", "b", "c"], np.array([0, 1, 16]))
    np.testing.assert_allclose(found, [1.0, 1.0, 0.5])


def test_no_case_has_no_weight() -> None:
    assert case_weights([], np.array([], dtype=np.int64)).shape == (0,)
