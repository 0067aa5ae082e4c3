"""No cell of few patients is told, and none can be worked out from what is."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from shared.contract import Contract, load_contract
from shared.exploration.cells import cell_count, cells_of_rows, classes_of_rows
from shared.exploration.exploration import Exploration
from shared.exploration.explore import explore
from shared.exploration.hiding import few_of, intervals, is_small, pooled
from shared.exploration.partition import Integers, Partition, is_partition, singletons, summed
from shared.records import Records
from tests.conftest import learnable_records, random_records

SMALLEST = 5
Row = npt.NDArray[np.float64]
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
    for outer, beside in ((0, 1), (-1, -2)):
        if len(groups) > 1 and not sums[outer]:
            edge = groups[beside][outer]
            assert counts[edge] >= SMALLEST


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
    """What somebody knows of one feature's cells by class who has read everything that is told.

    And who knows how it is decided which cells are told together.
    """

    def __init__(self, found: Exploration, name: str, cells: int, *, are_bins: bool) -> None:
        tables, classes = found.features[name], sum(map(len, found.classes.cells))
        self.shape = (cells, classes)
        every_cell, every_class = range(cells), range(classes)
        self.equal: list[tuple[Row, int]] = []
        for group, count in zip(tables.cells.cells, tables.cells.counts, strict=True):
            self.equal.append((self.over(group, every_class), count))
        for group, count in zip(found.classes.cells, found.classes.counts, strict=True):
            self.equal.append((self.over(every_cell, group), count))
        for group, counts in zip(tables.by_class.rows, tables.by_class.counts, strict=True):
            for column, count in zip(tables.by_class.columns, counts, strict=True):
                self.equal.append((self.over(group, column), count))
        self.at_most: list[tuple[Row, int]] = []
        for cell in tables.few:
            self.is_few(self.over([cell], every_class))
        for label in found.few_classes:
            self.is_few(self.over(every_cell, [label]))
        if not are_bins:
            self.others_are_enough(tables.cells.cells, tables.few, 0)
        self.others_are_enough(found.classes.cells, found.few_classes, 1)

    def over(self, cells: Iterable[int], classes: Iterable[int]) -> Row:
        mask = np.zeros(self.shape)
        mask[np.ix_(list(cells), list(classes))] = 1
        return mask.ravel()

    def is_few(self, row: Row) -> None:
        self.at_most += [(row, SMALLEST - 1), (-row, -1)]

    def others_are_enough(self, groups: Partition, few: tuple[int, ...], axis: int) -> None:
        for group in groups:
            for each in group if set(group) & set(few) else ():
                if each not in few:
                    where = ([each], range(self.shape[1])), (range(self.shape[0]), [each])
                    self.at_most.append((-self.over(*where[axis]), -SMALLEST))

    def most(self, target: Row) -> float:
        rows, totals = zip(*self.equal, strict=True)
        upper, limits = zip(*self.at_most, (0 * target, 0), strict=True)
        found = linprog(
            -target,
            A_ub=np.array(upper),
            b_ub=np.array(limits),
            A_eq=np.array(rows),
            b_eq=np.array(totals),
        )
        assert found.fun is not None, found.message
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
    known = Unknowns(found, name, size, are_bins=feature.kind == "numeric")
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
    for target in few[:50]:
        # For all that anybody knows, the cell could hold several numbers of patients, and the most
        # that few are.
        most, least = known.most(target), -known.most(-target)
        assert most - least >= 1 - 1e-6
        assert most >= SMALLEST - 1 - 1e-6


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


@given(st.lists(st.integers(0, 12), min_size=1, max_size=9).filter(enough))
def test_of_codes_that_are_said_to_be_few_any_number_is_possible(counts: list[int]) -> None:
    array = np.array(counts, dtype=np.int64)
    groups = pooled(array[:, None], SMALLEST)
    said = few_of(array, groups, SMALLEST)
    assert all(0 < counts[code] < SMALLEST for code in said)
    for group in groups:
        few, others = set(group) & set(said), set(group) - set(said)
        total = sum(counts[code] for code in group)
        for _ in few:
            # The others as few as they can be, and as many.
            rest = (len(few) - 1) + SMALLEST * len(others)
            assert total - rest >= SMALLEST - 1
            assert others or total - (len(few) - 1) * (SMALLEST - 1) <= 1
