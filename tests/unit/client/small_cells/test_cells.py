from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from client.small_cells.cells import floored_cells, grouped, grouped_alone

HISTOGRAMS = st.lists(st.integers(0, 30), min_size=1, max_size=40).map(
    lambda cells: np.array(cells, dtype=np.int64)
)
SMALLEST = st.integers(1, 9)


def grouped_row_by_row(
    cells: npt.NDArray[np.int64], groups: int, smallest: int
) -> npt.NDArray[np.int64]:
    """The same, written as one would say it."""
    rows = np.repeat(np.arange(len(cells)), cells)
    told = np.zeros(len(cells), dtype=np.int64)
    for group in range(groups):
        own = rows[group * len(rows) // groups : (group + 1) * len(rows) // groups]
        assert len(own) >= smallest
        told[int(np.rint(own.mean()))] += smallest
    return told


@given(HISTOGRAMS, SMALLEST)
def test_a_histogram_is_told_in_groups_at_their_means(
    cells: npt.NDArray[np.int64], smallest: int
) -> None:
    groups = int(cells.sum()) // smallest
    told = grouped_alone(cells, smallest)
    assert told.tolist() == grouped_row_by_row(cells, groups, smallest).tolist()
    assert told.sum() == groups * smallest
    assert not (told % smallest).any()


@given(HISTOGRAMS, SMALLEST)
def test_no_share_of_rows_below_a_bin_moves_by_more_than_a_group(
    cells: npt.NDArray[np.int64], smallest: int
) -> None:
    told = grouped_alone(cells, smallest)
    if told.sum():
        gap = np.cumsum(told) / told.sum() - np.cumsum(cells) / cells.sum()
        assert np.abs(gap).max() <= smallest / told.sum() + 1e-9


def test_a_smallest_cell_of_one_changes_nothing() -> None:
    cells = np.array([0, 3, 1, 0, 7])
    assert grouped_alone(cells, 1).tolist() == cells.tolist()


def test_one_row_far_out_is_told_with_those_next_to_it() -> None:
    cells = np.zeros(100, dtype=np.int64)
    cells[10], cells[99] = 59, 1
    told = grouped_alone(cells, 5)
    assert told.sum() == 60
    assert told[99] == 0
    assert np.flatnonzero(told).max() == 28


def test_groups_of_fewer_rows_are_never_made() -> None:
    with pytest.raises(ValueError, match="fewer rows"):
        grouped(np.array([4]), 1, 5)


def test_cells_without_an_order_are_rounded_down_and_few_are_not_named() -> None:
    assert floored_cells({"a": 4, "b": 5, "c": 14, "d": 0}, 5) == {"b": 5, "c": 10}
