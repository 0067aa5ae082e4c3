"""Paired tests against published figures, against other implementations and against chance."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.stats import norm
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests

from shared.metrics.paired_tests import (
    PairedTable,
    chance_of_harm,
    gain_bounds,
    holm,
    tango_interval,
)

counts = st.integers(0, 40)
tables = st.builds(
    PairedTable, both=counts, champion_only=counts, challenger_only=counts, neither=counts
).filter(lambda table: table.rows > 0)


def test_the_interval_is_the_published_one() -> None:
    """Airway hyper-responsiveness (Bentur et al. 2009), as in Fagerland et al. 2014."""
    table = PairedTable(both=1, challenger_only=1, champion_only=7, neither=12)
    low, high = tango_interval(table, 0.025)
    assert low == pytest.approx(-0.517, abs=5e-4)
    assert high == pytest.approx(-0.026, abs=5e-4)


def test_without_a_row_that_tells_them_apart_the_interval_has_a_closed_form() -> None:
    limit = norm.isf(0.025) ** 2
    low, high = tango_interval(PairedTable(both=7, neither=3), 0.025)
    assert -low == pytest.approx(high) == pytest.approx(limit / (10 + limit))


def constrained_score(table: PairedTable, delta: float) -> float:
    """Return the score statistic with the hypothesis' likeliest shares found by search."""
    rows, better, worse = table.rows, table.challenger_only, table.champion_only

    def unlikeliness(share: float) -> float:
        parts = ((worse, share), (better, share + delta), (rows - better - worse, None))
        rest = 1 - 2 * share - delta
        total = 0.0
        for count, value in parts:
            total -= count * math.log(max(rest if value is None else value, 1e-300))
        return total

    least, most = max(0.0, -delta), (1 - delta) / 2
    share = float(
        minimize_scalar(
            unlikeliness, bounds=(least, most), method="bounded", options={"xatol": 1e-12}
        ).x
    )
    variance = (2 * share + delta - delta**2) / rows
    return ((better - worse) / rows - delta) / math.sqrt(variance)


@pytest.mark.parametrize(
    "numbers", [(30, 3, 8, 9), (100, 12, 5, 20), (5, 0, 4, 1), (20, 1, 0, 4), (0, 9, 11, 2)]
)
def test_bounds_are_where_a_score_test_found_by_search_turns(
    numbers: tuple[int, int, int, int],
) -> None:
    both, champion, challenger, neither = numbers
    table = PairedTable(
        both=both, champion_only=champion, challenger_only=challenger, neither=neither
    )
    low, high = tango_interval(table, 0.05)
    limit = float(norm.isf(0.05))
    assert constrained_score(table, low) == pytest.approx(limit, abs=1e-3)
    assert constrained_score(table, high) == pytest.approx(-limit, abs=1e-3)


@settings(max_examples=60, deadline=None)
@given(tables)
def test_an_interval_holds_the_estimate_and_turns_with_the_models(table: PairedTable) -> None:
    low, high = tango_interval(table, 0.05)
    assert -1 <= low <= table.gain + 1e-9
    assert table.gain - 1e-9 <= high <= 1
    turned = PairedTable(
        both=table.both,
        champion_only=table.challenger_only,
        challenger_only=table.champion_only,
        neither=table.neither,
    )
    assert tango_interval(turned, 0.05) == pytest.approx((-high, -low), abs=1e-6)
    wider = tango_interval(table, 0.01)
    assert wider[0] <= low + 1e-9
    assert wider[1] >= high - 1e-9


def test_non_inferiority_is_as_often_shown_as_was_measured() -> None:
    """An equal model, one row in twelve told apart, margin 10 points."""
    generator = np.random.default_rng(4)
    shown = {}
    for cases in (20, 50, 100):
        draws = generator.multinomial(cases, [0.92, 0.04, 0.04], size=1000)
        kept = [
            tango_interval(PairedTable(both=a, champion_only=b, challenger_only=c), 0.05)[0] > -0.1
            for a, b, c in draws.tolist()
        ]
        shown[cases] = np.mean(kept)
    assert shown[20] < 0.5
    assert shown[50] == pytest.approx(0.74, abs=0.1)
    assert shown[100] == pytest.approx(0.93, abs=0.06)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 60), st.integers(0, 60))
def test_harm_has_half_the_chance_of_a_two_sided_test(worse: int, better: int) -> None:
    ours = chance_of_harm(PairedTable(champion_only=worse, challenger_only=better, both=5))
    theirs = float(mcnemar([[5, worse], [better, 0]], exact=True).pvalue)
    if worse > better:
        assert min(1.0, 2 * ours) == pytest.approx(theirs)
    elif worse < better:
        assert ours > 0.5
    if not worse + better:
        assert ours == 1


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_several_tests_are_corrected_as_statsmodels_does(chances: list[float]) -> None:
    ours = holm({str(position): each for position, each in enumerate(chances)})
    theirs = multipletests(chances, method="holm")[1]
    assert [ours[str(position)] for position in range(len(chances))] == pytest.approx(theirs)


def test_bounds_of_a_gain_are_those_of_its_replicates() -> None:
    draws = np.random.default_rng(0).normal(0.02, 0.01, 2000).tolist()
    low, high = gain_bounds(0.02, draws, 0.05)
    assert (low, high) == pytest.approx(np.quantile(draws, [0.05, 0.95]))
    stricter = gain_bounds(0.02, draws, 0.0005)
    assert stricter[0] == pytest.approx(0.02 - norm.isf(0.0005) * 0.01, abs=0.002)
    assert stricter[0] < low
