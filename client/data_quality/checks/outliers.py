"""Numbers that are far from those of all other patients with the same diagnosis."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from client.data_quality.checks.null_meanings import sentinel_masks, zero_mask
from client.data_quality.checks.statistics import spread_of
from client.data_quality.checks.units import unit_masks
from client.data_quality.finding import Finding
from client.data_quality.hospital_rows import HospitalRows, Mask, Numbers
from shared.contract import NumericFeature

FEWEST = 20
FEWEST_VALUES = 10
# Robust standard deviations; a normal distribution has one such value in five hundred million.
FAR = 6.0
# More of a class than that are a kind of patients, and no outliers.
MOST_SHARE = 0.02


def outliers(rows: HospitalRows) -> Iterable[Finding]:
    """Find numbers inside the plausible range that hardly anybody of their class has."""
    for feature, _ in rows.mapped():
        if not isinstance(feature, NumericFeature):
            continue
        values = rows.table[feature.name].to_numpy(dtype=np.float64)
        for mask in _explained(rows, feature):
            values = np.where(mask, np.nan, values)
        found = np.zeros(len(rows), dtype=np.bool_)
        for code in sorted({label for label in rows.groups if label is not None}):
            here = (rows.groups == code) & np.isfinite(values)
            if here.sum() >= FEWEST:
                far = far_from_others(values[here])
                found[here] = far & (far.mean() <= MOST_SHARE)
        if found.any():
            yield rows.finding(
                "outlier", "note", found, feature.name, int(np.isfinite(values).sum())
            )


def _explained(rows: HospitalRows, feature: NumericFeature) -> list[Mask]:
    return [
        zero_mask(rows, feature.name),
        *sentinel_masks(rows, feature.name).values(),
        *unit_masks(rows, feature.name).values(),
    ]


def far_from_others(values: Numbers) -> Mask:
    """Say which values are more than `FAR` robust standard deviations from the median.

    Each side of the median has its own spread; positive values are also looked at as logarithms,
    and must be far on both scales.
    """
    nothing = np.zeros(len(values), dtype=np.bool_)
    if len(np.unique(values)) < FEWEST_VALUES:
        return nothing
    found = _far(values)
    if found.any() and values.min() > 0:
        found &= _far(np.log(values))
    return found


def _far(values: Numbers) -> Mask:
    middle, below, above = spread_of(values)
    if min(below, above) <= 0:
        return np.zeros(len(values), dtype=np.bool_)
    return (values < middle - FAR * below) | (values > middle + FAR * above)
