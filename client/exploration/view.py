"""A hospital's records as its exploration looks at them: all of them, and by class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from client.sources.dates import Dates
from shared.contract import CategoricalFeature, Contract, FlagFeature, NumericFeature
from shared.exploration.cells import cell_count, cells_of_rows
from shared.records import Records

Mask = npt.NDArray[np.bool_]
Places = npt.NDArray[np.intp]
# Columns of a figure; further classes are put together.
MOST_CLASSES = 6


@dataclass(frozen=True)
class ClassGroup:
    """Records that figures show together.

    Attributes
    ----------
    codes : tuple of str
        Labels.
    rows : bool array of shape (records,)
    """

    codes: tuple[str, ...]
    rows: Mask

    @property
    def count(self) -> int:
        """How many there are."""
        return int(self.rows.sum())


@dataclass(frozen=True)
class LocalView:
    """Records and what is asked of them.

    Attributes
    ----------
    dates : datetime64[D] array of shape (records,) or None
    """

    contract: Contract
    records: Records
    dates: Dates | None = None

    def __len__(self) -> int:
        return len(self.records)

    @cached_property
    def labels(self) -> dict[str, int]:
        """Records by label, in the contract's order."""
        values, counts = np.unique(self.records.labels.astype(str), return_counts=True)
        found = dict(zip(values.tolist(), counts.tolist(), strict=True))
        return {code: found.get(code, 0) for code in self.contract.classes}

    @cached_property
    def groups(self) -> list[ClassGroup]:
        """The classes of figures: disease or not, or the most frequent labels and the others."""
        contract = self.contract
        if len(contract.groups) == 2:
            by_group = [
                [code for code in contract.classes if contract.group_of(code) == group]
                for group in contract.groups
            ]
            return [self._group(codes) for codes in by_group]
        frequent = sorted(self.labels, key=lambda code: -self.labels[code])
        shown = [code for code in frequent[: MOST_CLASSES - 1] if self.labels[code]]
        rest = [code for code in frequent if code not in shown and self.labels[code]]
        return [self._group([code]) for code in shown] + ([self._group(rest)] if rest else [])

    def _group(self, codes: Sequence[str]) -> ClassGroup:
        return ClassGroup(tuple(codes), np.isin(self.records.labels.astype(str), list(codes)))

    @cached_property
    def class_places(self) -> Places:
        """The group of each record."""
        places = np.zeros(len(self), dtype=np.intp)
        for place, group in enumerate(self.groups):
            places[group.rows] = place
        return places

    def cells(self, name: str) -> Places:
        """Return the cell of each record; see `shared.exploration.cells`."""
        return cells_of_rows(self.contract.features[name], self.records.table[name])

    @cached_property
    def missing(self) -> dict[str, Mask]:
        """By feature: which records have no value."""
        features = self.contract.features
        return {name: self.cells(name) == cell_count(features[name]) - 1 for name in features}

    @property
    def numbers(self) -> dict[str, NumericFeature]:
        """The contract's numbers."""
        return {n: f for n, f in self.contract.features.items() if isinstance(f, NumericFeature)}

    @property
    def coded(self) -> dict[str, CategoricalFeature | FlagFeature]:
        """The contract's code lists and flags."""
        return {
            name: feature
            for name, feature in self.contract.features.items()
            if isinstance(feature, CategoricalFeature | FlagFeature)
        }
