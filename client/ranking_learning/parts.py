"""Which cases are held out, and which fold each other one is in."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import numpy.typing as npt

from client.ranking_learning.cases import LabelledCases, share_of

Rows = npt.NDArray[np.int64]


def held_out(cases: LabelledCases, share: float, seed: int) -> npt.NDArray[np.bool_]:
    """Return which cases are kept back to judge the ranker, all of a source or none."""
    drawn = [share_of(seed, "held out", each) < share for each in cases.sources]
    return np.array(drawn, dtype=np.bool_)


def fold_numbers(cases: LabelledCases, folds: int, seed: int, smallest: int) -> Rows:
    """Return the fold of each case, from 0; all cases of a source are in one.

    With a smallest cell, sources of a disease go to folds in groups of at least so many, so that
    the sums of a disease in a fold are of enough patients or of none.
    """
    if smallest == 1:
        drawn = [int(share_of(seed, "fold", each) * folds) for each in cases.sources]
        return np.array(drawn, dtype=np.int64)
    found = np.zeros(len(cases), dtype=np.int64)
    for disease in np.unique(cases.rows).tolist():
        by_source: dict[str, list[int]] = defaultdict(list)
        for row in np.flatnonzero(cases.rows == disease).tolist():
            by_source[cases.sources[row]].append(row)
        ordered = sorted(by_source, key=lambda each: share_of(seed, "fold", each))
        groups = max(len(ordered) // smallest, 1)
        start = int(share_of(seed, "first fold", str(disease)) * folds)
        for number, source in enumerate(ordered):
            group = min(number // smallest, groups - 1)
            found[by_source[source]] = (start + group) % folds
    return found


def some_of_each(cases: LabelledCases, most: int) -> Rows:
    """Return the rows of at most so many cases of each source, which are alike."""
    taken: dict[str, int] = defaultdict(int)
    kept = []
    for row, source in enumerate(cases.sources):
        taken[source] += 1
        if taken[source] <= most:
            kept.append(row)
    return np.array(kept, dtype=np.int64)
