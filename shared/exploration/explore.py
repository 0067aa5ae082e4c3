"""From records to what may be told of them: runs inside the hospital."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from shared.contract import Contract, Feature, NumericFeature, TermsFeature
from shared.errors import DataError
from shared.exploration.cells import cell_count, cells_of_rows, class_paths, classes_of_rows
from shared.exploration.exploration import Exploration, FeatureTables
from shared.exploration.hiding import few_of, intervals, is_small, pooled, steady_bins
from shared.exploration.partition import (
    Integers,
    Partition,
    canonical,
    counted,
    expanded,
    join,
    place_of_each,
    singletons,
    summed,
)
from shared.exploration.products import cross_products
from shared.exploration.settings import Study
from shared.exploration.studies import Tables, count_studies
from shared.exploration.tables import CellCounts, CellTable
from shared.exploration.terms import tell_terms
from shared.records import Records

Places = npt.NDArray[np.intp]
# Classes by which features are told hold so many times the smallest cell, or nothing would be left
# of the features' cells.
_CLASS_CELLS = 4


def explore(
    contract: Contract, records: Records, smallest: int, studies: Sequence[Study] = ()
) -> Exploration:
    """Say what records are like, without a cell of fewer than `smallest` patients.

    Parameters
    ----------
    records : Records
        One of each patient.

    Raises
    ------
    DataError
        When there are fewer patients than that.
    """
    if len(records) < smallest:
        raise DataError(
            f"This hospital has fewer than {smallest} patients: nothing can be told of them.",
            "smallest_cell in policy.toml says how many it takes.",
        )
    places = classes_of_rows(contract, records.labels)
    fine_classes = np.bincount(places, minlength=len(contract.classes)).astype(np.int64)
    classes = class_counts(contract, fine_classes, smallest)
    columns = class_columns(contract, classes, smallest)
    tables = Tables(classes, places)
    features: dict[str, FeatureTables] = {}
    for name, feature in contract.features.items():
        cells = cells_of_rows(feature, records.table[name])
        found = feature_tables(feature, cells, places, columns, smallest)
        tables.add(name, found.cells, found.by_class, cells)
        features[name] = found
    return Exploration(
        contract_hash=contract.hash,
        smallest_cell=smallest,
        patients=len(records),
        classes=classes,
        few_classes=few_of(fine_classes, classes.cells, smallest),
        features=features,
        terms={
            name: tell_terms(feature, records.table[name], smallest)
            for name, feature in contract.features.items()
            if isinstance(feature, TermsFeature)
        },
        products=cross_products(contract, records, smallest),
        studies=count_studies(contract, records, studies, tables, smallest),
    )


def class_counts(contract: Contract, fine: Integers, smallest: int) -> CellCounts:
    """Count patients by class; those of few with the classes next to them.

    Parameters
    ----------
    fine : int64 array of shape (classes,)
    """
    groups = pooled(fine[:, None], smallest, class_paths(contract))
    counts = summed(fine, singletons(len(fine)), groups)
    return CellCounts(cells=groups, counts=tuple(counts.tolist()))


def class_columns(contract: Contract, classes: CellCounts, smallest: int) -> Partition:
    """Choose the classes by which features are told.

    Disease or not where a contract's coarsest classes are two: more columns would leave no rows.
    Otherwise the classes as they are told, those of few patients together.
    """
    if len(contract.groups) == 2:
        return join(classes.cells, group_partition(contract))
    coarse = pooled(classes.array[:, None], _CLASS_CELLS * smallest)
    return expanded(coarse, classes.cells)


def group_partition(contract: Contract) -> Partition:
    """Return the classes by the coarsest class above each."""
    groups: dict[str, list[int]] = {}
    for place, code in enumerate(contract.classes):
        groups.setdefault(contract.group_of(code), []).append(place)
    return canonical(groups.values())


def feature_tables(
    feature: Feature, cells: Places, classes: Places, columns: Partition, smallest: int
) -> FeatureTables:
    """Count patients by a feature's cells, finely in all and more coarsely by class."""
    size = cell_count(feature)
    fine = np.bincount(cells, minlength=size).astype(np.int64)
    groups = _merged_cells(feature, fine[:, None], singletons(size), smallest)
    counts = counted(cells, groups, size)
    column = place_of_each(columns, sum(map(len, columns)))[classes]
    row = place_of_each(groups, size)[cells]
    shape = len(groups), len(columns)
    by_class = np.bincount(row * shape[1] + column, minlength=shape[0] * shape[1]).reshape(shape)
    by_class = by_class.astype(np.int64)
    coarse = _merged_cells(feature, by_class, groups, smallest)
    few = few_of(fine, groups, smallest)
    if isinstance(feature, NumericFeature):
        # Which bins few patients are in is not told.
        few = tuple(cell for cell in few if cell == size - 1)
    present = int(fine[:-1].sum())
    return FeatureTables(
        few=() if present < smallest else few,
        present_is_few=0 < present < smallest,
        cells=CellCounts(cells=groups, counts=tuple(counts.tolist())),
        by_class=CellTable.of(coarse, columns, summed(by_class, groups, coarse)),
    )


def _merged_cells(
    feature: Feature, counts: Integers, groups: Partition, smallest: int
) -> Partition:
    """Merge groups of a feature's cells until each holds enough in every column.

    Parameters
    ----------
    counts : int64 array of shape (groups, columns)
    """
    if not isinstance(feature, NumericFeature):
        return expanded(pooled(counts, smallest), groups)
    missing = cell_count(feature) - 1
    alone = (missing,) in groups and not is_small(counts[groups.index((missing,))], smallest).any()
    bins = [group for group in groups if group != (missing,)]
    heights = counts[[groups.index(group) for group in bins]]
    if alone and is_small(heights.sum(axis=0), smallest).any():
        return (tuple(range(missing + 1)),)
    if not alone and (missing,) in groups:
        # Told with the highest bin, few are the smallest part of what is told.
        top = int(heights.sum(axis=1).argmax())
        bins[top] = (*bins[top], missing)
        heights[top] += counts[groups.index((missing,))]
    merged = expanded(_intervals(bins, heights, smallest, missing), tuple(bins))
    return canonical([*merged, (missing,)] if alone else merged)


def _intervals(
    bins: list[tuple[int, ...]], heights: Integers, smallest: int, missing: int
) -> Partition:
    steady = singletons(len(bins))
    if len(bins) == missing:
        steady = steady_bins(heights.sum(axis=1), smallest)
    sums = summed(heights, singletons(len(bins)), steady)
    starts = [min(bins[group[0]]) for group in steady]
    return expanded(intervals(sums, smallest, starts), steady)
