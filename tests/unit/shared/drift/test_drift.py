"""Drift: as many false alarms as promised, real changes found and named."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon
from scipy.stats import chi2_contingency

from shared.contract import Contract
from shared.drift import Compared, compare_classes, compare_summaries, find_drift
from shared.drift.chance import by_chance
from shared.drift.discoveries import discoveries
from shared.drift.distances import chi_squared, jensen_shannon, population_stability
from shared.records import Records, records_from_columns
from shared.statistics import Summary, merge_summaries, summarise
from tests.conftest import random_records

Floats = np.ndarray


def counts_of(*numbers: float) -> Floats:
    return np.array(numbers, dtype=np.float64)


def compared(reference: Floats, window: Floats, noise: float = 0.0, name: str = "x") -> Compared:
    cells = tuple(str(each) for each in range(len(reference)))
    return Compared(name, "values", "", cells, reference, window, np.full(len(cells), noise))


def test_distances_are_those_of_scipy() -> None:
    first, second = counts_of(40, 30, 20, 10), counts_of(5, 10, 15, 40)
    assert jensen_shannon(first, second) == pytest.approx(jensenshannon(first, second, base=2) ** 2)
    expected = chi2_contingency(np.array([first, second]), correction=False).statistic
    assert chi_squared(first, second) == pytest.approx(expected)
    shares = (first + 0.5) / 102, (second + 0.5) / 72
    assert population_stability(first, second) == pytest.approx(
        float(((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum())
    )


def test_cut_offs_are_those_of_the_theory_where_it_holds() -> None:
    """With many rows, the statistic is chi-squared with one degree of freedom less than cells."""
    generator = np.random.default_rng(1)
    reference, window = np.full(5, 200_000.0), counts_of(205, 190, 210, 195, 200)
    found = by_chance(compared(reference, window), 0.01, 20_000, generator)
    assert found.chi_squared == pytest.approx(13.28, abs=1.2)
    assert found.p_value == pytest.approx(0.871, abs=0.03)


def test_a_fixed_cut_off_would_not_do() -> None:
    """A stability index of 0.25 comes up by chance in small windows, and more so with noise."""
    generator = np.random.default_rng(2)
    reference = np.full(10, 100.0)
    limits = [
        by_chance(compared(reference, counts_of(*[rows / 10] * 10), noise), 0.01, 2_000, generator)
        for rows, noise in [(50, 0.0), (500, 0.0), (500, 20.0)]
    ]
    assert limits[0].psi > 0.25 > limits[1].psi
    assert limits[2].psi > 1.5 * limits[1].psi


@pytest.mark.parametrize(("rows", "noise"), [(200, 0.0), (500, 25.0)])
def test_windows_without_drift_alarm_in_one_of_a_hundred(rows: int, noise: float) -> None:
    """Of 40 windows, more than three that alarm come up once in a thousand tries."""
    generator = np.random.default_rng(rows)
    shares = generator.dirichlet(np.full(8, 4.0), 2)
    reference = np.array([generator.multinomial(4_000, each) for each in shares], dtype=float)
    alarms = 0
    for seed in range(40):
        noised = np.maximum(np.rint(reference + generator.normal(0, 1, reference.shape) * noise), 0)
        found = find_drift(
            [
                compared(counts, generator.multinomial(rows, share).astype(float), noise)
                for counts, share in zip(noised, shares, strict=True)
            ],
            seed=seed,
        )
        alarms += any(each.state == "drifted" for each in found)
    assert alarms <= 3


def test_a_shift_is_found_with_the_power_that_is_stated(contract: Contract) -> None:
    """Half a deviation in one of many features: in nine of ten windows of 500 rows."""
    generator = np.random.default_rng(5)
    reference = summarise(contract, ages(contract, generator.normal(55, 9, 5_000)))
    found = 0
    for seed in range(20):
        window = summarise(contract, ages(contract, generator.normal(59.5, 9, 500)))
        verdicts = find_drift(compare_summaries(contract, reference, window), seed=seed)
        drifted = {(each.feature, each.part) for each in verdicts if each.state == "drifted"}
        assert drifted <= {("age", "values")}
        found += bool(drifted)
    assert found >= 18


def ages(contract: Contract, values: Floats) -> Records:
    clipped = np.clip(values, 0, 120).tolist()
    return records_from_columns(contract, {"age": clipped}, ["none"] * len(clipped))


def test_false_discoveries_stay_below_the_rate() -> None:
    """Benjamini and Hochberg's property: of what is found, at most the rate is wrong on average."""
    generator = np.random.default_rng(7)
    rate, shares = 0.1, []
    for _ in range(500):
        true = generator.uniform(size=80)
        wrong = generator.beta(0.05, 5, size=20)
        found = discoveries([*true, *wrong], rate)
        shares.append(found[:80].sum() / max(found.sum(), 1))
    # Four fifths of the tests have nothing to find: the bound is 0.8 of the rate.
    assert 0.03 < np.mean(shares) < 0.8 * rate + 0.02


def test_discoveries_of_the_paper() -> None:
    """The example of Benjamini and Hochberg 1995, section 3.2: four are found at 0.05."""
    p_values = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459]
    p_values += [0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000]
    assert discoveries(p_values, 0.05).tolist() == [True] * 4 + [False] * 11
    assert discoveries([], 0.05).tolist() == []


def test_few_rows_get_no_verdict(contract: Contract) -> None:
    reference = summarise(contract, random_records(contract, 2_000, 1))
    window = summarise(contract, random_records(contract, 150, 2))
    verdicts = find_drift(compare_summaries(contract, reference, window))
    assert {each.state for each in verdicts} == {"insufficient"}
    assert all(each.psi is None and each.p_value is None for each in verdicts)


def test_a_sick_column_is_named(contract: Contract) -> None:
    """Cholesterol is in a unit that makes it half as large, and maximum heart rates are gone."""
    reference = summarise(contract, healthy(contract, 3_000, 1))
    sick = healthy(contract, 400, 2)
    sick.table["cholesterol"] = sick.table["cholesterol"] / 2
    sick.table.loc[:250, "maximum_heart_rate"] = np.nan
    verdicts = find_drift(compare_summaries(contract, reference, summarise(contract, sick)))
    drifted = {(each.feature, each.part) for each in verdicts if each.state == "drifted"}
    assert {("cholesterol", "values"), ("maximum_heart_rate", "missing")} <= drifted
    assert {feature for feature, _ in drifted} == {"cholesterol", "maximum_heart_rate"}


def healthy(contract: Contract, rows: int, seed: int) -> Records:
    found = random_records(contract, rows, seed, missing=0.05)
    generator = np.random.default_rng(seed)
    found.table["cholesterol"] = np.clip(generator.normal(240, 40, rows), 100, 500)
    return found


def test_terms_that_came_up_more_often_are_named(contract: Contract) -> None:
    from tests.unit.client.small_hospital import CONTRACT

    reference = summarise(CONTRACT, random_records(CONTRACT, 1_500, 1))
    changed = random_records(CONTRACT, 400, 2)
    changed.table["phenotypes"] = [
        (*terms, "HP:0001250") if place % 2 and "HP:0001250" not in terms else terms
        for place, terms in enumerate(changed.table["phenotypes"])
    ]
    verdicts = find_drift(compare_summaries(CONTRACT, reference, summarise(CONTRACT, changed)))
    drifted = {each.code for each in verdicts if each.state == "drifted" and each.part == "term"}
    assert "HP:0001250" in drifted
    assert "HP:0000098" not in drifted


def test_merged_windows_of_hospitals_are_a_window(contract: Contract) -> None:
    reference = summarise(contract, random_records(contract, 2_000, 1))
    parts = [summarise(contract, random_records(contract, 120, seed)) for seed in (2, 3)]
    verdicts = find_drift(compare_summaries(contract, reference, merge_summaries(parts)))
    assert {each.state for each in verdicts} <= {"steady", "insufficient"}
    assert any(each.state == "steady" for each in verdicts)


def test_another_mixture_of_diagnoses_is_found(contract: Contract) -> None:
    reference = summarise(contract, random_records(contract, 2_000, 1))
    usual = np.array(reference.leaf_counts(contract), dtype=float)
    usual *= 400 / usual.sum()
    other = np.roll(usual * np.linspace(0.3, 1.7, len(usual)), 1)
    other *= 400 / other.sum()
    [steady] = find_drift([compare_classes(contract, reference, usual)])
    [drifted] = find_drift([compare_classes(contract, reference, other)])
    assert (steady.state, drifted.state) == ("steady", "drifted")


def test_a_number_outside_where_the_reference_has_rows_has_cells_of_its_own(
    contract: Contract,
) -> None:
    reference = summarise(contract, ages(contract, np.full(1_000, 50.0)))
    window: Summary = summarise(contract, ages(contract, np.full(300, 20.0)))
    [age] = [
        each
        for each in compare_summaries(contract, reference, window)
        if (each.feature, each.part) == ("age", "values")
    ]
    assert len(age.cells) == 3
    assert age.window.tolist() == [300, 0, 0]
    assert find_drift([age])[0].state == "drifted"
