"""No cell of few patients is told, and none can be worked out from what is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from shared.contract import Contract, load_contract
from shared.exploration.cells import cell_count, cells_of_rows, classes_of_rows
from shared.exploration.exploration import Exploration
from shared.exploration.explore import explore
from shared.exploration.hiding import intervals, is_small, pooled
from shared.exploration.partition import Integers, Partition, is_partition, singletons, summed
from shared.records import Records
from tests.conftest import learnable_records, random_records

SMALLEST = 5
COUNTS = st.lists(st.integers(0, 12), min_size=1, max_size=14)


def told(counts: list[int], groups: Partition) -> Integers:
    array = np.array(counts, dtype=np.int64)
    return summed(array, singletons(len(counts)), groups)


def enough(counts: list[int]) -> bool:
    return not is_small(np.array([sum(counts)]), SMALLEST).any()


@given(COUNTS.filter(enough))
def test_pools_of_codes_hold_nobody_or_enough(counts: list[int]) -> None:
    groups = pooled(np.array(counts)[:, None], SMALLEST)
    assert is_partition(groups, len(counts))
    assert not is_small(told(counts, groups), SMALLEST).any()
    if any(len(group) > 1 for group in groups):
        (pool,) = (group for group in groups if len(group) > 1)
        others = [counts[each] for each in range(len(counts)) if each not in pool]
        # Unless everybody is in it, a member could be one of enough.
        if any(others):
            total = sum(counts[each] for each in pool)
            assert total - (len(pool) - 1) >= SMALLEST


@given(COUNTS.filter(enough))
def test_intervals_hold_nobody_or_enough_and_reach_to_the_ends(counts: list[int]) -> None:
    groups = intervals(np.array(counts)[:, None], SMALLEST)
    assert is_partition(groups, len(counts))
    assert all(list(group) == list(range(group[0], group[-1] + 1)) for group in groups)
    sums = told(counts, groups)
    assert not is_small(sums, SMALLEST).any()
    # How far out the last patient is, nobody learns: no empty interval is outermost.
    assert len(groups) == 1 or (sums[0] > 0 and sums[-1] > 0)


@given(COUNTS.filter(enough))
def test_intervals_are_no_wider_than_they_must_be(counts: list[int]) -> None:
    sums = told(counts, intervals(np.array(counts)[:, None], SMALLEST))
    inner = [count for count in sums.tolist() if count]
    assert len(inner) >= min(len([c for c in counts if c >= SMALLEST]), 1)
    assert all(count < 2 * SMALLEST + max(counts) for count in inner)


@pytest.fixture(scope="module")
def rare() -> Contract:
    return load_contract("rare_disease")


def every_cell(found: Exploration) -> list[int]:
    cells = [*found.classes.counts]
    for tables in found.features.values():
        cells += [*tables.cells.counts, *tables.by_class.array.ravel().tolist()]
    for terms in found.terms.values():
        cells += [*terms.values(), *(found.patients - each for each in terms.values())]
    cells += [each for each in found.studies if each is not None]
    if found.products is not None:
        pairs = np.array(found.products.pairs)
        cells += [*pairs.ravel().tolist(), *(np.diag(pairs)[:, None] - pairs).ravel().tolist()]
    return cells


@settings(max_examples=25, deadline=None)
@given(st.integers(5, 400), st.integers(0, 10_000), st.floats(0, 0.6), st.integers(2, 9))
def test_nothing_that_is_told_is_of_few(
    rows: int, seed: int, missing: float, smallest: int
) -> None:
    contract = load_contract("heart_disease")
    records = random_records(contract, max(rows, smallest), seed, missing)
    found = explore(contract, records, smallest)
    found.check(contract, 0)
    assert not is_small(np.array(every_cell(found)), smallest).any()


def test_nor_with_terms_and_many_rare_classes(rare: Contract) -> None:
    for seed in range(5):
        found = explore(rare, random_records(rare, 150, seed), SMALLEST)
        found.check(rare, 0)
        assert found.terms["phenotypes"]
        assert not is_small(np.array(every_cell(found)), SMALLEST).any()


def test_a_smallest_cell_of_one_tells_everything(contract: Contract) -> None:
    records = random_records(contract, 60, 0)
    found = explore(contract, records, 1)
    for name, feature in contract.features.items():
        fine = np.bincount(cells_of_rows(feature, records.table[name]), minlength=1)
        if feature.kind != "numeric":
            assert found.features[name].cells.counts[: len(fine)] == tuple(fine.tolist())


class Unknowns:
    """What somebody knows of one feature's cells by class who has read everything that is told."""

    def __init__(self, found: Exploration, name: str, cells: int) -> None:
        tables, classes = found.features[name], sum(map(len, found.classes.cells))
        self.shape = (cells, classes)
        rows, totals = [], []
        for group, count in zip(tables.cells.cells, tables.cells.counts, strict=True):
            rows.append(self.over(group, range(classes)))
            totals.append(count)
        for group, count in zip(found.classes.cells, found.classes.counts, strict=True):
            rows.append(self.over(range(cells), group))
            totals.append(count)
        for group, counts in zip(tables.by_class.rows, tables.by_class.counts, strict=True):
            for column, count in zip(tables.by_class.columns, counts, strict=True):
                rows.append(self.over(group, column))
                totals.append(count)
        self.rows, self.totals = np.array(rows), np.array(totals)

    def over(self, cells: object, classes: object) -> np.ndarray:
        mask = np.zeros(self.shape)
        mask[np.ix_(list(cells), list(classes))] = 1  # type: ignore[call-overload]
        return mask.ravel()

    def most(self, target: np.ndarray) -> float:
        found = linprog(-target, A_eq=self.rows, b_eq=self.totals, bounds=(0, None))
        assert found.fun is not None
        return float(-found.fun)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", ["age", "chest_pain", "exercise_angina", "major_vessels"])
def test_no_cell_of_few_can_be_worked_out(contract: Contract, name: str, seed: int) -> None:
    records = learnable_records(contract, 70 + 40 * seed, seed)
    found = explore(contract, records, SMALLEST)
    feature = contract.features[name]
    cells = cells_of_rows(feature, records.table[name])
    classes = classes_of_rows(contract, records.labels)
    size = cell_count(feature)
    known = Unknowns(found, name, size)
    truth = np.zeros(known.shape, dtype=int)
    np.add.at(truth, (cells, classes), 1)
    targets = [
        *((known.over([cell], range(known.shape[1])), truth[cell].sum()) for cell in range(size)),
        *(
            (known.over(range(size), [each]), truth[:, each].sum())
            for each in range(known.shape[1])
        ),
        *(
            (known.over([cell], [each]), truth[cell, each])
            for cell, each in zip(*np.nonzero(truth), strict=True)
        ),
    ]
    few = [target for target, count in targets if 0 < count < SMALLEST]
    assert few
    for target in few[:60]:
        # For all that anybody knows, the cell could hold enough.
        assert known.most(target) >= SMALLEST - 1e-6


def test_fewer_patients_than_a_cell_are_not_told_of(contract: Contract) -> None:
    from shared.errors import DataError

    with pytest.raises(DataError, match="fewer than 5 patients"):
        explore(contract, random_records(contract, 4, 0), SMALLEST)


def test_one_more_patient_far_out_moves_no_edge_to_her(contract: Contract) -> None:
    records = random_records(contract, 100, 0, missing=0.0)
    ages = np.linspace(40, 60, 100)
    ages[0] = 117
    table = records.table.assign(age=ages)
    found = explore(contract, Records(table, records.labels), SMALLEST)
    group, count = found.features["age"].cells.cells[-2], found.features["age"].cells.counts[-2]
    assert group[-1] == cell_count(contract.features["age"]) - 2
    assert count >= SMALLEST
