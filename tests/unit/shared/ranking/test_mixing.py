"""One list from two: what diseases without cases are promised, and what it may cost."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from shared.ranking.candidates import KEPT_UNSEEN, STEEPNESS, Candidates
from shared.ranking.mixing import LIFTS, LISTED, Mixing, chosen_lift, mix

SEEN, CASES = 40, 3
# The lowest place, from 1, at which each disease without cases may stand.
LOWEST = [5, 8, 10, *range(12, LISTED + 1, 2)]


def made_up(seed: int, unseen: int, seen: int = SEEN) -> tuple[Candidates, np.ndarray, np.ndarray]:
    """Return candidates, shares and gates of made-up cases."""
    random = np.random.default_rng(seed)
    rows = np.arange(KEPT_UNSEEN) + 1000
    rows[unseen:] = -1
    scores = np.where(rows >= 0, -STEEPNESS * np.log1p(np.arange(KEPT_UNSEEN)), -1e9)
    width = np.arange(SEEN)
    candidates = Candidates(
        seen=np.tile(np.where(width < seen, width, -1), (CASES, 1)),
        features=np.zeros((CASES, SEEN, 1), dtype=np.float32),
        against=np.zeros((CASES, SEEN), dtype=np.float32),
        context=np.zeros((CASES, 1), dtype=np.float32),
        unseen=np.tile(rows, (CASES, 1)),
        unseen_scores=np.tile(scores, (CASES, 1)).astype(np.float32),
    )
    shares = random.dirichlet(np.full(SEEN, 0.2), CASES) * (width < seen)
    gates = random.dirichlet(np.full(3, 0.3), CASES)
    return candidates, shares.astype(np.float32), gates.astype(np.float32)


@settings(max_examples=60, deadline=None)
@given(some.integers(0, 10**6), some.integers(0, KEPT_UNSEEN), some.floats(0.01, 100))
def test_a_disease_without_cases_never_stands_below_its_kept_place(
    seed: int, unseen: int, lift: float
) -> None:
    candidates, shares, gates = made_up(seed, unseen)
    gates[0] = (1, 0, 0)  # The gate is certain that the disease is one with cases.
    mixed = mix(candidates, shares, gates, Mixing(lifts=(lift, lift)))
    for number, lowest in enumerate(LOWEST[:unseen]):
        found = mixed.rank_of(np.full(CASES, 1000 + number))
        assert (found + 1 <= lowest).all()


@settings(max_examples=30, deadline=None)
@given(some.integers(0, 10**6), some.integers(0, KEPT_UNSEEN), some.integers(1, SEEN))
def test_each_list_keeps_its_order_and_every_disease_stands_once(
    seed: int, unseen: int, seen: int
) -> None:
    candidates, shares, gates = made_up(seed, unseen, seen)
    mixed = mix(candidates, shares, gates, Mixing())
    for row in range(CASES):
        listed = mixed.rows[row][mixed.rows[row] >= 0]
        assert len(set(listed.tolist())) == len(listed)
        assert (np.diff(listed[listed >= 1000]) == 1).all()
        assert (np.diff(shares[row][listed[listed < 1000]]) <= 0).all()


def test_a_shorter_list_is_the_start_of_the_longer_one() -> None:
    candidates, shares, gates = made_up(3, KEPT_UNSEEN)
    mixing = Mixing(lifts=(2.0, 5.0))
    short = mix(candidates, shares, gates, mixing, places=10)
    assert (short.rows == mix(candidates, shares, gates, mixing).rows[:, :10]).all()


def test_the_lift_costs_at_most_one_standard_error_and_is_the_largest_that_does() -> None:
    of_all = 400 - np.arange(len(LIFTS)) * 3
    lift = chosen_lift(of_all, np.zeros(len(LIFTS)), goal=10, cases=1000)
    place = int(np.flatnonzero(lift == LIFTS)[0])
    error = (0.4 * 0.6 / 1000) ** 0.5 * 1000
    assert of_all[place] >= 400 - error > of_all[place + 1]


@pytest.mark.parametrize("goal", [1, 3, 5])
def test_the_lift_stops_where_diseases_without_cases_are_as_well_off_as_by_knowledge(
    goal: int,
) -> None:
    of_unseen = np.arange(len(LIFTS))
    lift = chosen_lift(np.full(len(LIFTS), 50), of_unseen, goal, cases=100)
    assert lift == LIFTS[goal]


def test_nothing_is_lifted_for_no_cases() -> None:
    nothing = np.zeros(len(LIFTS))
    assert chosen_lift(nothing, nothing, goal=0, cases=0) == 1.0
