"""How many patients a study would find at one hospital, told so that no few patients are.

A count is told in multiples of the smallest cell, rounded down, and not at all where it differs
from another count that is told by few patients: from everybody, from an earlier study, or from
cells of a table of the same feature.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from shared.contract import Contract
from shared.exploration.criteria import CLASS, meets, read_criteria
from shared.exploration.hiding import is_small
from shared.exploration.partition import Integers, place_of_each
from shared.exploration.settings import Study
from shared.exploration.tables import CellCounts, CellTable
from shared.records import Records

Mask = npt.NDArray[np.bool_]
Places = npt.NDArray[np.intp]


def count_studies(
    contract: Contract,
    records: Records,
    studies: Sequence[Study],
    told: Tables,
    smallest: int,
) -> list[int | None]:
    """Count the patients of each study; None for one that is not told."""
    found: list[int | None] = []
    earlier: list[Mask] = []
    for study in studies:
        conditions = read_criteria(contract, study.where)
        inside = meets(contract, records, conditions)
        names = {condition.name for condition in conditions}
        apart = all(_differ_enough(inside, each, smallest) for each in earlier)
        if not (apart and told.are_far_from(inside, names, smallest)):
            found.append(None)
            continue
        earlier.append(inside)
        found.append(int(inside.sum()) // smallest * smallest)
    return found


def _differ_enough(first: Mask, second: Mask, smallest: int) -> bool:
    """Whether two counts, and that of everybody, leave nobody few alone.

    They tell how many are in both and in one only where one of these sets is known to be empty:
    one study within the other, or none in both.
    """
    shares = [first & second, first & ~second, ~first & second, ~first & ~second]
    counts = np.array([each.sum() for each in shares])
    return bool((counts > 0).all()) or not is_small(counts, smallest).any()


class Tables:
    """Tables that are told of the same patients, with each patient's place in them.

    Parameters
    ----------
    classes : CellCounts
    class_places : integer array of shape (patients,)
    """

    def __init__(self, classes: CellCounts, class_places: Places) -> None:
        self._classes = place_of_each(classes.cells, sum(map(len, classes.cells)))[class_places]
        self._class_places = class_places
        self._features: dict[str, tuple[Integers, Integers]] = {}

    def add(self, name: str, cells: CellCounts, by_class: CellTable, places: Places) -> None:
        """Take note of a feature's tables."""
        size = sum(map(len, cells.cells))
        columns = place_of_each(by_class.columns, sum(map(len, by_class.columns)))
        rows = place_of_each(by_class.rows, size)[places]
        inner = rows * len(by_class.columns) + columns[self._class_places]
        self._features[name] = (place_of_each(cells.cells, size)[places], inner)

    def are_far_from(self, inside: Mask, names: set[str], smallest: int) -> bool:
        """Whether no table's cells, added up, come near a study's patients without being them."""
        tables: list[Integers] = [np.zeros(len(inside), dtype=np.int64)]
        tables += [self._classes] if CLASS in names else []
        for name in names - {CLASS}:
            cells, inner = self._features[name]
            tables += [cells, inner] if CLASS in names else [cells]
        return not any(_comes_near(inside, each, smallest) for each in tables)


def _comes_near(inside: Mask, places: Integers, smallest: int) -> bool:
    """Whether the cells that a study touches, or those that lie in it, hold few others."""
    size = int(places.max(initial=0)) + 1
    within = np.bincount(places[inside], minlength=size)
    cells = np.bincount(places, minlength=size)
    count = int(inside.sum())
    touched, filled = cells[within > 0].sum(), cells[within == cells].sum()
    differences = np.array([count, touched - count, count - filled])
    return bool(is_small(differences, smallest).any())
