"""Guessing a hidden feature."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from shared.attacks import AttributeCounts, count_guesses


def test_the_value_that_explains_the_label_best_is_guessed() -> None:
    explained = np.array([[0.9, 0.1], [0.2, 0.8], [0.5, 0.5]])
    truth = np.array([0, 1, 1])
    assert count_guesses(explained, truth, np.array([0.5, 0.5])) == (2, 3)
    # A value that nobody has explains nothing; a frequent one breaks ties.
    assert count_guesses(explained, truth, np.array([1.0, 0.0])) == (1, 3)
    assert count_guesses(explained, truth, np.array([0.4, 0.6])) == (3, 3)


def test_the_advantage_is_zero_within_its_interval_where_there_is_none() -> None:
    generator = np.random.default_rng(0)
    covered = []
    for _ in range(400):
        hits = generator.binomial([300, 200], 0.6)
        found = AttributeCounts(member_hits=hits[0], members=300, other_hits=hits[1], others=200)
        risk = found.risk()
        assert risk is not None
        covered.append(risk.low <= 0 <= risk.high)
    assert 0.92 <= np.mean(covered) <= 0.98


def test_memorised_rows_give_an_advantage() -> None:
    parts = [
        AttributeCounts(member_hits=80, members=80, other_hits=30, others=60),
        AttributeCounts(member_hits=20, members=20, other_hits=20, others=40),
    ]
    risk = AttributeCounts.sum(parts).risk()
    assert risk is not None
    assert (risk.of_members, risk.of_others, risk.advantage) == (1, 0.5, 0.5)
    # Newcombe's method 10: Wilson's interval of 100 of 100 begins at 100 / (100 + z²), and that of
    # 50 of 100 is 0.5 ± 0.0962.
    below = np.hypot(1 - 100 / (100 + 1.96**2), 0.0962)
    assert (risk.low, risk.high) == pytest.approx((0.5 - below, 0.5962), abs=1e-4)


def test_counts_are_checked() -> None:
    with pytest.raises(ValidationError, match="more right guesses than rows"):
        AttributeCounts(member_hits=3, members=2, other_hits=0, others=1)
    assert AttributeCounts.sum([]).risk() is None
