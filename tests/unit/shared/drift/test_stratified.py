"""Several hospitals, each against its own past: chance, weights and rounding."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2_contingency

from client.small_cells.cells import floored_cells, grouped
from shared.drift.stratified import Stratified, Stratum, distances_of, told

SHARES = np.array([0.3, 0.25, 0.2, 0.15, 0.1])


def stratum(reference: np.ndarray, window: np.ndarray, told_in: int = 1) -> Stratum:
    nothing = np.zeros(len(reference))
    return Stratum(reference.astype(float), window.astype(float), nothing, nothing, told_in)


def p_value(table: Stratified, most: int = 4_000) -> float:
    return distances_of(table, 0.01, most, np.random.default_rng(1)).p_value


@pytest.mark.parametrize("seed", range(4))
def test_one_hospital_is_the_usual_test_of_homogeneity(seed: int) -> None:
    generator = np.random.default_rng(seed)
    tilted = SHARES * np.linspace(1, 1.15, 5)
    reference = generator.multinomial(1_500, SHARES)
    window = generator.multinomial(1_000, tilted / tilted.sum())
    table = Stratified(tuple("abcde"), (stratum(reference, window),))
    found = distances_of(table, 0.01, 20_000, np.random.default_rng(1), 20_000)
    usual = chi2_contingency(np.stack([reference, window]), correction=False)
    assert found.chi_squared == pytest.approx(usual.statistic)
    assert found.p_value == pytest.approx(usual.pvalue, abs=0.015)


@pytest.mark.parametrize(("told_in", "is_line"), [(1, False), (5, False), (5, True)])
def test_without_drift_p_values_are_as_rare_as_they_say(told_in: int, is_line: bool) -> None:
    generator = np.random.default_rng(3)
    small = 0
    for _ in range(200):
        strata = []
        for rows in (200, 300):
            drawn = generator.multinomial(rows, SHARES, 2).astype(float)
            first, last = (told(each, told_in, is_line=is_line) for each in drawn)
            strata.append(stratum(first, last, told_in))
        small += p_value(Stratified(tuple("abcde"), tuple(strata), is_line), 400) <= 0.05
    # 10 are expected; 20 or more come up by chance in three of a thousand.
    assert small < 20


def test_weights_that_change_are_no_drift() -> None:
    first, second = np.array([800.0, 200.0]), np.array([200.0, 800.0])
    table = Stratified(("a", "b"), (stratum(first, first * 0.1), stratum(second, second * 2)))
    merged = stratum(first + second, first * 0.1 + second * 2)
    assert p_value(table) > 0.5
    assert p_value(Stratified(("a", "b"), (merged,))) < 0.01
    expected, seen = table.shares()
    np.testing.assert_allclose(expected, seen)


def test_a_little_everywhere_is_found_that_no_hospital_shows() -> None:
    reference, window = np.array([500.0, 500.0]), np.array([540.0, 460.0])
    each = stratum(reference, window)
    assert p_value(Stratified(("a", "b"), (each,))) > 0.01
    assert p_value(Stratified(("a", "b"), (each,) * 6)) < 0.001


def test_noise_in_counts_is_no_drift() -> None:
    noise = np.full(5, 40.0)
    reference, window = 1_000 * SHARES, 1_000 * SHARES + [60, -60, 30, -30, 0]
    quiet = Stratified(tuple("abcde"), (stratum(reference, window),))
    noised = Stratified(tuple("abcde"), (Stratum(reference, window, noise, noise),))
    assert p_value(quiet) < 0.01
    assert p_value(noised) > 0.2


counts = st.lists(st.integers(0, 60), min_size=2, max_size=12)


@given(counts, st.integers(2, 9))
def test_codes_are_rounded_as_hospitals_round_them(cells: list[int], multiple: int) -> None:
    found = told(np.array(cells, float), multiple, is_line=False)
    names = [str(each) for each in range(len(cells) - 1)]
    exact = floored_cells(dict(zip(names, cells[:-1], strict=True)), multiple)
    assert found[:-1].tolist() == [exact.get(name, 0) for name in names]
    assert found.sum() == sum(cells) // multiple * multiple


@given(counts, st.integers(2, 9))
def test_lines_are_told_to_about_half_a_group(cells: list[int], multiple: int) -> None:
    exact = np.array(cells)
    found = told(exact.astype(float), multiple, is_line=True)
    assert (found >= 0).all()
    assert (found % multiple == 0).all()
    groups = int(exact.sum()) // multiple
    as_told = grouped(exact, groups, multiple)
    assert found.sum() == as_told.sum()
    assert (np.abs(np.cumsum(found) - np.cumsum(exact)) <= multiple).all()
