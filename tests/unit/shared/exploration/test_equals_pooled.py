"""What hospitals tell, merged, is what their pooled patients would give."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import mutual_info_score

from shared.contract import Contract
from shared.errors import JuntosError
from shared.exploration.cells import cells_of_rows, classes_of_rows
from shared.exploration.exploration import Exploration, merge_explorations
from shared.exploration.explore import explore
from shared.exploration.measures import (
    distance,
    distance_by_chance,
    information_by_chance,
    mutual_information,
)
from shared.exploration.partition import place_of_each
from shared.exploration.products import cross_products, may_be_summed
from shared.exploration.settings import Study
from shared.records import Records, concatenate
from tests.conftest import learnable_records, random_records

SMALLEST = 5
STUDIES = [Study(name="old", where="age >= 60"), Study(name="ill", where="class = disease")]


@pytest.fixture(scope="module")
def hospitals(contract: Contract) -> list[Records]:
    sizes = (600, 900, 400)
    return [learnable_records(contract, rows, seed) for seed, rows in enumerate(sizes)]


@pytest.fixture(scope="module")
def told(contract: Contract, hospitals: list[Records]) -> list[Exploration]:
    return [explore(contract, records, SMALLEST, STUDIES) for records in hospitals]


def test_merging_knows_no_order(told: list[Exploration]) -> None:
    one, two, three = told
    expected = one.merge(two).merge(three)
    results = [merge_explorations(each) for each in permutations(told)]
    results.append(one.merge(two.merge(three)))
    for found in results:
        assert found.model_dump(exclude={"products"}) == expected.model_dump(exclude={"products"})
        assert found.products is not None
        assert expected.products is not None
        for name in ("pairs", "sums", "squares", "products"):
            np.testing.assert_allclose(
                getattr(found.products, name), getattr(expected.products, name), rtol=1e-12
            )


def test_counts_are_those_of_the_pooled_patients_in_the_same_cells(
    contract: Contract, hospitals: list[Records], told: list[Exploration]
) -> None:
    merged, pooled = merge_explorations(told), concatenate(hospitals)
    assert merged.patients == len(pooled)
    labels = classes_of_rows(contract, pooled.labels)
    for name, feature in contract.features.items():
        places = cells_of_rows(feature, pooled.table[name])
        tables = merged.features[name]
        size = sum(map(len, tables.cells.cells))
        rows = place_of_each(tables.cells.cells, size)[places]
        expected = np.bincount(rows, minlength=len(tables.cells.cells))
        np.testing.assert_array_equal(tables.cells.array, expected)
        by_class = pd.crosstab(
            place_of_each(tables.by_class.rows, size)[places],
            place_of_each(tables.by_class.columns, len(contract.classes))[labels],
        )
        assert tables.by_class.array.sum() == len(pooled)
        for row, column in zip(*np.nonzero(tables.by_class.array), strict=True):
            assert tables.by_class.array[row, column] == by_class.loc[row, column]


def test_mutual_information_is_that_of_scikit_learn_on_the_pooled_patients(
    contract: Contract, hospitals: list[Records], told: list[Exploration]
) -> None:
    merged, pooled = merge_explorations(told), concatenate(hospitals)
    labels = classes_of_rows(contract, pooled.labels)
    for name, feature in contract.features.items():
        table = merged.features[name].by_class
        rows = place_of_each(table.rows, sum(map(len, table.rows)))
        columns = place_of_each(table.columns, len(contract.classes))
        cells = rows[cells_of_rows(feature, pooled.table[name])]
        expected = mutual_info_score(cells, columns[labels]) / np.log(2)
        assert mutual_information(table.array) == pytest.approx(expected, abs=1e-12)
    assert mutual_information(merged.features["age"].by_class.array) > 0.2


def test_correlations_are_those_of_the_pooled_patients(contract: Contract) -> None:
    # No pattern of missing numbers is rare here: each hospital lacks whole numbers.
    hospitals = []
    for seed, lacking in enumerate([["major_vessels"], ["cholesterol", "age"], []]):
        records = random_records(contract, 200, seed, missing=0.0)
        table = records.table.copy()
        table["st_depression"] += 0.04 * table["age"]
        table.loc[:40, "maximum_heart_rate"] = np.nan
        table[lacking] = np.nan
        hospitals.append(Records(table, records.labels))
    merged = merge_explorations(explore(contract, each, SMALLEST) for each in hospitals)
    assert merged.products is not None
    pooled = concatenate(hospitals).table[list(merged.products.names)]
    np.testing.assert_allclose(merged.products.correlations(), pooled.corr(), atol=1e-9)
    moments = merged.products.moments(contract)
    for name, (patients, mean, deviation) in moments.items():
        assert patients == pooled[name].notna().sum()
        assert mean == pytest.approx(pooled[name].mean())
        assert deviation == pytest.approx(pooled[name].std())


def test_correlations_are_over_the_patients_that_may_be_summed(contract: Contract) -> None:
    records = random_records(contract, 300, 0, missing=0.1)
    found = cross_products(contract, records, SMALLEST)
    assert found is not None
    numbers = records.table[list(found.names)]
    kept = may_be_summed(numbers.notna().to_numpy(), SMALLEST)
    assert 0 < kept.sum() < len(records)
    np.testing.assert_allclose(found.correlations(), numbers[kept].corr(), atol=1e-9)


@pytest.mark.parametrize("seed", range(6))
def test_sums_are_over_groups_of_enough_patients(seed: int) -> None:
    generator = np.random.default_rng(seed)
    present = generator.random((250, 5)) > generator.uniform(0, 0.5, 5)
    kept = may_be_summed(present, SMALLEST)
    _, counts = np.unique(present[kept], axis=0, return_counts=True)
    assert (counts >= SMALLEST).all()
    left_out = np.append(present[~kept].sum(axis=0), (~kept).sum())
    few = (left_out > 0) & (left_out < SMALLEST)
    # Few are left out of a number only where nobody's is summed.
    assert not few[-1]
    assert not (few[:-1] & present[kept].any(axis=0)).any()


def test_a_number_that_never_varies_correlates_with_nothing(contract: Contract) -> None:
    records = random_records(contract, 100, 0, missing=0.0)
    table = records.table.assign(age=50.1)
    found = cross_products(contract, Records(table, records.labels), SMALLEST)
    assert found is not None
    assert np.isnan(found.correlations()[0]).all()
    assert not np.isnan(found.correlations()[1, 2])


def test_another_contract_or_other_studies_do_not_merge(
    contract: Contract, hospitals: list[Records], told: list[Exploration]
) -> None:
    with pytest.raises(JuntosError, match="different things"):
        told[0].merge(explore(contract, hospitals[1], SMALLEST))
    other = contract.without_features(["age"])
    with pytest.raises(JuntosError, match="another version"):
        told[0].check(other, 2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"patients": 7}, "add up"),
        ({"studies": [1]}, "other studies"),
        ({"studies": [10**9, None]}, "more patients than there are"),
        ({"features": {}}, "other features"),
    ],
)
def test_what_cannot_be_is_refused(
    contract: Contract, told: list[Exploration], change: dict[str, object], message: str
) -> None:
    with pytest.raises(JuntosError, match=message):
        told[0].model_copy(update=change).check(contract, 2)


def test_distances_begin_at_zero_and_end_at_one() -> None:
    one, two = np.array([10, 30, 0]), np.array([0, 0, 7])
    assert distance(one, one * 3) == pytest.approx(0, abs=1e-7)
    assert distance(one, two) == pytest.approx(1)


def test_chance_is_what_draws_from_one_population_give() -> None:
    generator = np.random.default_rng(0)
    shares = np.array([0.1, 0.2, 0.3, 0.4])
    draws = [
        distance(generator.multinomial(200, shares), generator.multinomial(100, shares)) ** 2
        for _ in range(2000)
    ]
    expected = distance_by_chance(np.array([20, 40, 60, 80]), np.array([10, 20, 30, 40])) ** 2
    assert np.mean(draws) == pytest.approx(expected, rel=0.1)
    tables = [
        generator.multinomial(300, np.outer(shares, [0.5, 0.5]).ravel()).reshape(4, 2)
        for _ in range(2000)
    ]
    found = np.mean([mutual_information(each) for each in tables])
    assert found == pytest.approx(information_by_chance(tables[0]), rel=0.1)
