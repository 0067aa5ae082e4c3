"""How far up the right disease stands, and what of it is counted."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from shared.models.base import Arrays
from shared.ranking.mixing import ENOUGH, Mixed

Rows = npt.NDArray[np.int64]
Ranks = npt.NDArray[np.float64]
# Places are told in groups: first, to the third, to the tenth, further down or nowhere.
PLACES = (1, 3, 10)
# Of cases whose disease the federation has, few or many, or only knows, and of all.
GROUPS = ("all", "with_cases", "rare", "without_cases")
RARE = 10
METHODS = ("federated", "matching")
BINS = 20
RANKS, RELIABILITY, SETS, ANSWERED = "ranks", "reliability", "sets", "answered"


def ranks_of(scores: npt.NDArray[np.float32], truth: Rows) -> Ranks:
    """Return ranks from 0, the middle one among equals; infinite where nothing is known."""
    own = np.take_along_axis(scores, np.maximum(truth, 0)[:, None], axis=1)
    above, equal = (scores > own).sum(axis=1), (scores == own).sum(axis=1)
    known = (truth >= 0) & (own[:, 0] > 0)
    return np.where(known, above + (equal - 1) / 2, np.inf)


def counted(
    mixed: Mixed, matched: Ranks, truth: Rows, cases: npt.NDArray[np.float32], cut_off: float
) -> Arrays:
    """Count what held-out cases say of a ranker; the counts add up over hospitals.

    Parameters
    ----------
    matched : array of shape (held-out cases,)
        Ranks by matching alone.
    cases : array of shape (held-out cases,)
        Training cases of the right disease in the whole federation.

    Returns
    -------
    Arrays
        ``ranks`` of shape (methods, groups, places), ``reliability`` (bins, wrong and right),
        ``sets`` (not in the set, in it), ``answered`` (not at all, wrong, right).
    """
    ranks = (mixed.rank_of(truth), matched)
    members = (cases >= 0, cases > 0, (cases > 0) & (cases < RARE), cases == 0)
    found = np.zeros((len(METHODS), len(GROUPS), len(PLACES) + 1))
    for method, each in enumerate(ranks):
        place = np.digitize(each, PLACES)
        for group, member in enumerate(members):
            found[method, group] = np.bincount(place[member], minlength=len(PLACES) + 1)
    right = ranks[0] == 0
    sure = mixed.probabilities[:, 0]
    cell = np.minimum((sure * BINS).astype(np.int64), BINS - 1)
    reliability = np.zeros((BINS, 2))
    np.add.at(reliability, (cell, right.astype(np.int64)), 1)
    within = (mixed.rows == truth[:, None]) & (mixed.probabilities >= cut_off)
    inside = (within & (truth[:, None] >= 0)).any(axis=1)
    answered = sure >= ENOUGH
    kinds = np.where(answered, 1 + right.astype(np.int64), 0)
    return {
        RANKS: found,
        RELIABILITY: reliability,
        SETS: np.bincount(inside.astype(np.int64), minlength=2).astype(np.float64),
        ANSWERED: np.bincount(kinds, minlength=3).astype(np.float64),
    }


def nothing_counted() -> Arrays:
    """Return the counts of no cases."""
    return {
        RANKS: np.zeros((len(METHODS), len(GROUPS), len(PLACES) + 1)),
        RELIABILITY: np.zeros((BINS, 2)),
        SETS: np.zeros(2),
        ANSWERED: np.zeros(3),
    }
