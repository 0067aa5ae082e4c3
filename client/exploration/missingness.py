"""What is missing, for whom, and together with what."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from client.exploration.view import LocalView, Mask

Floats = npt.NDArray[np.float64]


def missing_shares(view: LocalView) -> dict[str, list[float]]:
    """Return, by feature, the share without a value: of all records, then of each group's."""
    rows = [np.ones(len(view), dtype=bool), *(group.rows for group in view.groups)]
    return {name: [share(absent, each) for each in rows] for name, absent in view.missing.items()}


def share(absent: Mask, rows: Mask) -> float:
    """Return the share of some rows that are absent; not a number of none."""
    return float(absent[rows].mean()) if rows.any() else float("nan")


def missing_together(view: LocalView) -> tuple[list[str], Floats]:
    """Return which features are missing at times, and how often each is where another is.

    Returns
    -------
    names : list of str
    shares : array of shape (names, names)
        Of the records without the first, the share without the second.
    """
    names = [name for name, absent in view.missing.items() if 0 < absent.sum() < len(view)]
    if not names:
        return [], np.zeros((0, 0))
    absent = np.column_stack([view.missing[name] for name in names]).astype(np.float64)
    together = absent.T @ absent
    found: Floats = together / np.diag(together)[:, None]
    return names, found


@dataclass(frozen=True)
class Pattern:
    """Records that lack the same features.

    Attributes
    ----------
    features : list of str
        Those that are missing.
    rows : int
    """

    features: list[str]
    rows: int


def missing_patterns(view: LocalView) -> list[Pattern]:
    """Return every pattern of what is missing, the most frequent first."""
    names = list(view.missing)
    absent = np.column_stack([view.missing[name] for name in names])
    patterns, counts = np.unique(absent, axis=0, return_counts=True)
    found = [
        Pattern([name for name, gone in zip(names, pattern, strict=True) if gone], int(count))
        for pattern, count in zip(patterns, counts, strict=True)
    ]
    return sorted(found, key=lambda each: (-each.rows, each.features))
