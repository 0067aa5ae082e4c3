"""The few statistics that several checks share."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.stats import chi2_contingency

from client.data_quality.hospital_rows import Mask, Numbers

# Standard deviations of a normal distribution in its quartiles' distance from the median.
QUARTILE = 0.6745


def rates(found: Mask, groups: npt.NDArray[np.intp], count: int) -> tuple[Numbers, Numbers]:
    """Return the rate of `found` in each group, and the groups' sizes, both of shape (count,)."""
    sizes = np.bincount(groups, minlength=count).astype(np.float64)
    hits = np.bincount(groups, weights=found.astype(np.float64), minlength=count)
    return np.divide(hits, sizes, out=np.full(count, np.nan), where=sizes > 0), sizes


def differs(found: Mask, groups: npt.NDArray[np.intp], count: int) -> float:
    """Return the p-value that a rate is the same in all groups (Pearson's chi-squared)."""
    share, sizes = rates(found, groups, count)
    kept = sizes > 0
    hits = share[kept] * sizes[kept]
    table = np.stack([hits, sizes[kept] - hits])
    if kept.sum() < 2 or (table.sum(axis=1) == 0).any():
        return 1.0
    return float(chi2_contingency(table, correction=False)[1])


def spread_of(values: Numbers) -> tuple[float, float, float]:
    """Return the median, and robust standard deviations below and above it.

    Each side has its own, from its quartile, so that a long tail is no crowd of outliers.
    """
    low, middle, high = np.quantile(values, [0.25, 0.5, 0.75])
    return float(middle), float(middle - low) / QUARTILE, float(high - middle) / QUARTILE
