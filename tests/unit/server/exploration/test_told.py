"""Reading what hospitals told."""

from __future__ import annotations

import numpy as np
import pytest

from server.exploration.case_mix import all_pairs, comparable_classes, compared
from server.exploration.distribution import distribution, mixed
from server.exploration.telling import telling
from server.exploration.told import class_count, missing
from shared.contract import Contract, NumericFeature
from shared.exploration.exploration import Exploration
from shared.exploration.explore import explore
from shared.exploration.measures import mutual_information
from shared.exploration.tables import CellCounts
from shared.records import Records
from simulations.exploration import explore_in_process
from tests.conftest import learnable_records, random_records


def told(contract: Contract, records: Records) -> Exploration:
    return explore(contract, records, 5)


def relabelled(records: Records, labels: list[str]) -> Records:
    return Records(records.table, np.array(labels, dtype=object))


def test_what_is_told_of_a_class(contract: Contract) -> None:
    labels = ["none"] * 40 + ["grade_1"] * 30 + ["grade_2"] * 3
    found = told(contract, relabelled(random_records(contract, 73, 0), labels))
    kinds = {code: class_count(contract, found, code) for code in ("none", "grade_1", "grade_2")}
    assert (kinds["none"].kind, kinds["none"].count) == ("exact", 40)
    assert (kinds["grade_1"].kind, kinds["grade_1"].count) == ("about", 33)
    assert (kinds["grade_2"].kind, kinds["grade_2"].at_least, kinds["grade_2"].at_most) == (
        *("few", 1),
        4,
    )
    assert class_count(contract, found, "grade_4").count == 0


@pytest.mark.parametrize(
    ("absent", "nearly", "share"), [(0, 0, 0), (3, 0, None), (50, 0.5, 0.5), (98, 1, None)]
)
def test_what_is_told_of_missing_values(
    contract: Contract, absent: int, nearly: float, share: float | None
) -> None:
    records = random_records(contract, 100, 0, missing=0.0)
    table = records.table.copy()
    table.loc[: absent - 1, "age"] = np.nan
    found = missing(contract.features["age"], told(contract, Records(table, records.labels)), "age")
    assert found.share == share
    assert found.nearly == nearly


def test_a_distribution_is_that_of_the_values(contract: Contract) -> None:
    records = learnable_records(contract, 2000, 0)
    feature = contract.features["age"]
    assert isinstance(feature, NumericFeature)
    found = distribution(feature, told(contract, records).features["age"])
    assert found is not None
    ages = records.table["age"].to_numpy()
    heights, _ = np.histogram(ages, found.edges[1:-1])
    np.testing.assert_array_equal(found.counts[1:-1], heights)
    assert found.counts.sum() == len(ages)
    assert (found.density * np.diff(found.edges)).sum() == pytest.approx(1)


def test_a_mixture_has_everybody(contract: Contract) -> None:
    feature = contract.features["age"]
    assert isinstance(feature, NumericFeature)
    shapes = [
        distribution(
            feature, told(contract, learnable_records(contract, rows, rows)).features["age"]
        )
        for rows in (200, 900)
    ]
    both = mixed([each for each in shapes if each is not None])
    assert both is not None
    assert both.counts.sum() == pytest.approx(1100)
    assert mixed([]) is None


def test_a_coarser_label_holds_all_below_it(contract: Contract) -> None:
    codes = list(contract.classes)
    fine = CellCounts(cells=tuple((i,) for i in range(6)), counts=(9, 0, 9, 9, 9, 9))
    coarse = CellCounts(cells=tuple((i,) for i in range(6)), counts=(9, 30, 0, 0, 0, 0))
    assert len(comparable_classes(contract, fine, fine)) == 6
    found = comparable_classes(contract, fine, coarse)
    assert [[codes[each] for each in group] for group in found] == [["none"], codes[1:]]


def test_hospitals_alike_are_as_far_apart_as_chance_has_it(contract: Contract) -> None:
    one, two = (told(contract, learnable_records(contract, 800, seed)) for seed in (0, 1))
    alike = compared(contract, ("one", "two"), one, two)
    assert alike.classes < 3 * alike.classes_by_chance
    ill = learnable_records(contract, 800, 2)
    other = told(contract, ill.take(np.flatnonzero(ill.labels != "none")))
    apart = compared(contract, ("one", "ill"), one, other)
    assert apart.classes > 5 * apart.classes_by_chance
    assert max(apart.features, key=lambda name: apart.features[name]) in (
        "age",
        "maximum_heart_rate",
    )


def test_what_tells_of_the_class_is_the_mean_within_hospitals(contract: Contract) -> None:
    hospitals = {name: learnable_records(contract, 300, seed) for seed, name in enumerate("ab")}
    found = explore_in_process(contract, hospitals)
    ages = next(each for each in telling(found) if each.feature == "age")
    tables = [each.features["age"].by_class.array for each in found.hospitals.values()]
    rows = [table.sum() for table in tables]
    expected = np.average([mutual_information(table) for table in tables], weights=rows)
    assert ages.bits == pytest.approx(expected)
    assert len(all_pairs(found)) == 1
