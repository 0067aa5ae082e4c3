"""Membership inference by the loss, on scores whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as draw
from pydantic import ValidationError
from scipy import stats
from sklearn.metrics import roc_auc_score

from shared.attacks import (
    MembershipCounts,
    MembershipRisk,
    count_membership,
    membership_risk,
    merge_membership,
)
from shared.attacks.membership import BINS, LIMIT, bin_of, right_class_log_odds
from shared.attacks.risk import area, rate
from shared.errors import JuntosError

SCORES = draw.lists(draw.floats(-50, 50), min_size=0, max_size=12).map(np.array)


def risk_of(members: np.ndarray, others: np.ndarray) -> MembershipRisk:
    found = membership_risk(count_membership(members, others))
    assert found is not None
    return found


def test_a_perfect_memoriser_is_found_out() -> None:
    found = risk_of(np.full(500, 34.0), np.random.default_rng(0).normal(size=400))
    assert (found.auc, found.low, found.high) == (1, 1, 1)
    assert found.at_one_percent.value == found.at_one_in_a_thousand.value == 1
    # Eleven in a thousand escape, at most: 0.025 ** (1 / 500).
    assert found.at_one_percent.low == pytest.approx(0.025 ** (1 / 500))


def test_the_interval_holds_a_half_in_19_of_20_independent_cases() -> None:
    generator = np.random.default_rng(1)
    found = [risk_of(*generator.normal(size=(2, 300))) for _ in range(400)]
    covered = np.mean([each.low <= 0.5 <= each.high for each in found])
    assert 0.92 <= covered <= 0.98
    rates = [each.at_one_percent for each in found]
    assert np.mean([each.value for each in rates]) == pytest.approx(0.01, abs=0.005)


@pytest.mark.parametrize("shift", [0.0, 0.5, 2.0])
def test_the_area_is_scikit_learns_up_to_binning(shift: float) -> None:
    generator = np.random.default_rng(2)
    members = generator.normal(shift, 2, 900)
    others = generator.normal(0, 2, 600)
    parts = [(members[:100], others[:50]), (members[100:], others[50:])]
    merged = merge_membership(count_membership(*part) for part in parts)
    found = membership_risk(merged)
    assert found is not None
    truth = np.repeat([1, 0], [900, 600])
    scores = np.concatenate([members, others])
    assert found.auc == pytest.approx(roc_auc_score(truth, bin_of(scores)), abs=1e-12)
    # Pairs of one bin count half, whichever is surer.
    tied = np.dot(merged.members, merged.others) / (900 * 600)
    assert tied < 0.01
    assert found.auc == pytest.approx(roc_auc_score(truth, scores), abs=tied / 2)


def test_the_standard_error_is_that_of_many_draws() -> None:
    generator = np.random.default_rng(3)
    drawn = []
    for _ in range(600):
        counts = count_membership(generator.normal(0.7, 1, 150), generator.normal(0, 1, 100))
        drawn.append(area(np.array(counts.members), np.array(counts.others)))
    areas, errors = np.array(drawn).T
    assert np.mean(errors) == pytest.approx(np.std(areas), rel=0.08)


def test_few_false_alarms_are_counted_on_held_out_rows() -> None:
    others = np.arange(100) / 10 - 5
    # 30 of 200 lie above the second highest held-out row, 20 of them above all.
    members = np.concatenate([np.full(170, -6.0), np.full(10, 4.85), np.full(20, 6.0)])
    found = risk_of(members, others)
    assert found.at_one_percent.value == 30 / 200
    # One in a thousand of 100 rows is none.
    assert found.at_one_in_a_thousand.value == 20 / 200


@pytest.mark.parametrize(("hits", "rows"), [(0, 20), (1, 50), (25, 50), (20, 20)])
def test_rates_have_the_exact_interval(hits: int, rows: int) -> None:
    found = rate(hits, rows)
    expected = stats.binomtest(hits, rows).proportion_ci(0.95, "exact")
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))


@settings(derandomize=True, max_examples=50)
@given(draw.lists(draw.tuples(SCORES, SCORES), min_size=3, max_size=3))
def test_merging_is_associative_and_the_counts_of_all_rows(
    parts: list[tuple[np.ndarray, np.ndarray]],
) -> None:
    first, second, third = (count_membership(*part) for part in parts)
    left = merge_membership([merge_membership([first, second]), third])
    right = merge_membership([first, merge_membership([third, second])])
    together = count_membership(*(np.concatenate(each) for each in zip(*parts, strict=True)))
    assert left == right == together


def test_order_by_log_odds_is_order_by_loss_and_small_losses_stay_apart() -> None:
    probabilities = np.array([[1 - 1e-9, 1e-9], [1 - 1e-11, 1e-11], [0.2, 0.8], [1.0, 0.0]])
    candidates = np.array([[1, 0], [1, 0], [1, 0], [1, 0]], dtype=bool)
    found = right_class_log_odds(probabilities, candidates)
    assert np.argsort(found).tolist() == [2, 0, 1, 3]
    assert len(set(bin_of(found))) == 4
    both = right_class_log_odds(np.array([[0.5, 0.25, 0.25]]), np.array([[True, True, False]]))
    assert both == pytest.approx(np.log(3))
    assert bin_of(np.array([-LIMIT - 1, LIMIT + 1])).tolist() == [0, BINS - 1]


def test_no_answer_without_rows_of_both_kinds() -> None:
    assert membership_risk(count_membership(np.zeros(5), np.zeros(1))) is None
    assert membership_risk(merge_membership([])) is None


def test_counts_from_another_party_are_checked() -> None:
    counts = count_membership(np.zeros(5), np.zeros(3))
    counts.check(training_rows=5, held_out_rows=3)
    with pytest.raises(JuntosError, match="more rows"):
        counts.check(training_rows=4, held_out_rows=3)
    with pytest.raises(JuntosError, match="more rows"):
        counts.check(training_rows=5, held_out_rows=2)
    for spoilt in ({"members": [1]}, {"others": [-1] * BINS}, {"rows": 3}):
        with pytest.raises(ValidationError):
            MembershipCounts.model_validate({**counts.model_dump(), **spoilt})
