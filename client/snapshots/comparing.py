"""What lies between two snapshots: rows that came, went and changed, and how far features moved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.spatial.distance import jensenshannon

from client.snapshots.archive import Restored
from client.snapshots.rows import KEY, LABEL, KeyedRows
from shared.contract import CategoricalFeature, Contract, FlagFeature, NumericFeature, TermsFeature
from shared.errors import SettingsError

Floats = npt.NDArray[np.float64]
MOST_TERMS = 50


@dataclass(frozen=True)
class FeatureChange:
    """How one feature differs.

    Attributes
    ----------
    feature : str
        Of the contract; the empty name is the diagnosis.
    changed : int
        Rows in both whose value is another one.
    missing_before, missing_after : float
        Shares of rows.
    distance : float
        Jensen-Shannon distance of the distributions, base 2: 0 for equal ones, 1 for disjoint ones.
    """

    feature: str
    changed: int
    missing_before: float
    missing_after: float
    distance: float


@dataclass(frozen=True)
class SnapshotDifference:
    """What lies between an earlier and a later snapshot.

    Attributes
    ----------
    came, went, changed, same : int
        Rows, told apart by patient and, within one, by order in the source.
    features : list of FeatureChange
        The diagnosis first, then by distance.
    """

    came: int
    went: int
    changed: int
    same: int
    features: list[FeatureChange]


def compare(contract: Contract, before: Restored, after: Restored) -> SnapshotDifference:
    """Compare two snapshots of one contract.

    Raises
    ------
    SettingsError
        When they are of different contracts.
    """
    if before.snapshot.contract_hash != after.snapshot.contract_hash:
        raise SettingsError(
            "The two snapshots are of different contracts.",
            "Compare snapshots of one; `juntos node data list` shows them.",
        )
    first, second = (each.rows.table.set_index(KEY) for each in (before, after))
    both = first.index.intersection(second.index)
    names = [LABEL, *contract.recorded]
    changed = {name: _differ(first.loc[both, name], second.loc[both, name]) for name in names}
    any_changed = np.logical_or.reduce(list(changed.values())) if len(both) else np.zeros(0, bool)
    features = [
        FeatureChange(
            feature="" if name == LABEL else name,
            changed=int(changed[name].sum()),
            missing_before=_missing(first[name]),
            missing_after=_missing(second[name]),
            distance=_distance(contract, name, before.rows, after.rows),
        )
        for name in names
    ]
    return SnapshotDifference(
        came=len(second) - len(both),
        went=len(first) - len(both),
        changed=int(any_changed.sum()),
        same=len(both) - int(any_changed.sum()),
        features=[features[0], *sorted(features[1:], key=lambda each: -each.distance)],
    )


def _differ(first: pd.Series, second: pd.Series) -> npt.NDArray[np.bool_]:
    gone = (first.isna() & second.isna()).to_numpy()
    equal = np.array([a == b for a, b in zip(first, second, strict=True)], dtype=np.bool_)
    return ~(equal | gone)


def _missing(column: pd.Series) -> float:
    lacking = column.isna() | (column.map(lambda each: each == ()))
    return float(lacking.mean()) if len(column) else 0.0


def _distance(contract: Contract, name: str, before: KeyedRows, after: KeyedRows) -> float:
    columns = [before.table[name], after.table[name]]
    feature = contract.recorded.get(name)
    counts: list[Floats]
    if isinstance(feature, NumericFeature):
        edges = np.linspace(feature.minimum, feature.maximum, 21)
        counts = [1.0 * np.histogram(each.dropna(), edges)[0] for each in columns]
    elif isinstance(feature, TermsFeature):
        exploded = [each.explode().dropna() for each in columns]
        common = pd.concat(exploded).value_counts().index[:MOST_TERMS]
        counts = _counted(exploded, list(common))
    elif feature is None or isinstance(feature, CategoricalFeature | FlagFeature):
        known = [each.dropna() for each in columns]
        counts = _counted(known, sorted(set(known[0]) | set(known[1]), key=str))
    else:
        counts = [np.array([each.notna().sum(), each.isna().sum()], np.float64) for each in columns]
    if not counts[0].sum() or not counts[1].sum():
        return 0.0
    return float(np.nan_to_num(jensenshannon(counts[0], counts[1], base=2)))


def _counted(columns: Sequence[pd.Series], values: list[object]) -> list[Floats]:
    return [
        np.array(each.value_counts().reindex(values).fillna(0), dtype=np.float64)
        for each in columns
    ]
