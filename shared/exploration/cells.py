"""What a patient may count as in each feature, by the contract alone."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from shared.contract import CategoricalFeature, Contract, Feature, FlagFeature, NumericFeature

MOST_BINS = 64
MISSING = "missing"
PRESENT = "present"


def base_edges(feature: NumericFeature) -> npt.NDArray[np.float64]:
    """Return the edges of a number's cells: those of the contract's grid, every so many."""
    step = math.ceil(feature.bins / MOST_BINS)
    places = np.append(np.arange(0, feature.bins, step), feature.bins)
    found: npt.NDArray[np.float64] = feature.minimum + places * (
        (feature.maximum - feature.minimum) / feature.bins
    )
    return found


def codes_of(feature: Feature) -> list[str]:
    """Return the names of a feature's cells without that of what is missing.

    Those of a number are its bins, by position.
    """
    if isinstance(feature, NumericFeature):
        return [str(place) for place in range(len(base_edges(feature)) - 1)]
    if isinstance(feature, FlagFeature):
        return ["no", "yes"]
    if isinstance(feature, CategoricalFeature):
        return [value.code for value in feature.codes]
    return [PRESENT]


def cell_count(feature: Feature) -> int:
    """Return how many cells a feature has; the last is for what is missing."""
    return len(codes_of(feature)) + 1


def cells_of_rows(feature: Feature, column: pd.Series) -> npt.NDArray[np.intp]:
    """Return the cell of each row, shape (rows,)."""
    codes = codes_of(feature)
    if isinstance(feature, NumericFeature):
        values = column.to_numpy(dtype=np.float64)
        edges = base_edges(feature)
        places = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, len(codes) - 1)
        return np.where(np.isnan(values), len(codes), places).astype(np.intp)
    if isinstance(feature, FlagFeature):
        values = column.to_numpy(dtype=np.float64)
        return np.where(np.isnan(values), 2, values == 1).astype(np.intp)
    if isinstance(feature, CategoricalFeature):
        found = pd.Categorical(column, categories=codes).codes
        return np.where(found < 0, len(codes), found).astype(np.intp)
    return np.where(column.map(bool).to_numpy(dtype=bool), 0, 1).astype(np.intp)


def classes_of_rows(contract: Contract, labels: npt.NDArray[np.object_]) -> npt.NDArray[np.intp]:
    """Return the position of each row's label among the contract's classes, shape (rows,)."""
    places = {code: place for place, code in enumerate(contract.classes)}
    return np.array([places[label] for label in labels], dtype=np.intp)


def class_paths(contract: Contract) -> list[tuple[str, ...]]:
    """Return each class's place in the hierarchy, from the coarsest class to itself."""
    return [(*reversed(contract.ancestors(code)), code) for code in contract.classes]


def numeric_features(contract: Contract) -> Mapping[str, NumericFeature]:
    """Return the numbers of a contract by name."""
    return {
        name: feature
        for name, feature in contract.features.items()
        if isinstance(feature, NumericFeature)
    }
