"""One list from two: diseases with cases, and those known from annotations alone.

Left to a ranker that learned from cases, diseases without cases sink, for most patients of the
federation have a disease that it has seen. So that nobody is worse off for having a disease that no
hospital has seen, they are lifted until, over the calibration cases of such diseases, they stand at
least as high as by best match alone: at the first place, and among the first ten.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shared.ranking.candidates import Candidates

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]
SHARPNESS = (0.2, 0.3, 0.4, 0.5, 0.7, 1.0)
LIFTS = np.exp(np.linspace(0, 5, 26))
DEPTHS = (1, 10)
# What is asked for where no lift reaches the goal: this much of the most that any reaches.
NEARLY = 0.95
COVERAGE = 0.9
# Places of a list.
LISTED = 50
CELLS = 200
# An answer is given where the first disease is at least this probable.
ENOUGH = 0.25


@dataclass(frozen=True)
class Mixing:
    """How the two lists become one.

    Attributes
    ----------
    sharpness : float
        Of the knowledge score of diseases without cases, as a logarithm of odds.
    lifts : tuple of float
        How much more diseases without cases weigh than their probability says: at the first
        place, and from there on.
    cut_off : float
        Diseases at least this probable are in the prediction set.
    """

    sharpness: float = 0.4
    lifts: tuple[float, ...] = (1.0,) * len(DEPTHS)
    cut_off: float = 0.0

    def lift_at(self, place: int) -> float:
        """Return the lift at a place, from 0."""
        return next(
            (lift for lift, depth in zip(self.lifts, DEPTHS, strict=True) if place < depth),
            self.lifts[-1],
        )


@dataclass(frozen=True)
class Mixed:
    """Ranked candidates of cases.

    Attributes
    ----------
    rows : int array of shape (cases, listed)
        Of the diseases, in order; -1 where a list has ended.
    probabilities : array of shape (cases, listed)
        Without the lift.
    something_else : array of shape (cases,)
    """

    rows: Rows
    probabilities: Floats
    something_else: Floats

    def rank_of(self, truth: Rows) -> npt.NDArray[np.float64]:
        """Return the rank of the right disease, from 0; infinite where it is not listed."""
        found = (self.rows == truth[:, None]) & (truth[:, None] >= 0)
        return np.where(found.any(axis=1), found.argmax(axis=1), np.inf)


def unseen_shares(candidates: Candidates, sharpness: float) -> Floats:
    """Return how the probability of all diseases without cases is shared among them."""
    scaled = sharpness * candidates.unseen_scores
    shares = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return np.asarray(shares / shares.sum(axis=1, keepdims=True), dtype=np.float32)


def mix(candidates: Candidates, seen: Floats, gates: Floats, mixing: Mixing) -> Mixed:
    """Put two lists into one order.

    Parameters
    ----------
    seen : array of shape (cases, width)
        Probabilities among diseases with cases.
    gates : array of shape (cases, 3)
        Of a disease with cases, one without, and none of the candidates.
    """
    order = np.argsort(-np.where(candidates.seen >= 0, seen, -1), axis=1, kind="stable")
    order = order[:, :LISTED]
    seen_rows = np.take_along_axis(candidates.seen, order, axis=1)
    first = gates[:, :1] * np.take_along_axis(seen, order, axis=1)
    second = gates[:, 1:2] * unseen_shares(candidates, mixing.sharpness)
    second = np.where(candidates.unseen >= 0, second, -1)
    first, second = (np.pad(each, ((0, 0), (0, 1)), constant_values=-1) for each in (first, second))
    lists = np.pad(seen_rows, ((0, 0), (0, 1)), constant_values=-1), candidates.unseen
    cases = np.arange(len(seen))
    at = np.zeros((2, len(seen)), dtype=np.int64)
    rows = np.full((len(seen), LISTED), -1, dtype=np.int64)
    probabilities = np.zeros((len(seen), LISTED), dtype=np.float32)
    for place in range(LISTED):
        values = first[cases, at[0]], second[cases, at[1]]
        is_seen = values[0] >= values[1] * mixing.lift_at(place)
        unseen_rows = lists[1][cases, np.minimum(at[1], lists[1].shape[1] - 1)]
        rows[:, place] = np.where(is_seen, lists[0][cases, at[0]], unseen_rows)
        probabilities[:, place] = np.where(is_seen, *values).clip(0)
        at[0] = np.minimum(at[0] + is_seen, first.shape[1] - 1)
        at[1] = np.minimum(at[1] + ~is_seen, second.shape[1] - 1)
    return Mixed(rows, probabilities, gates[:, 2])


def fit_mixing(
    candidates: Candidates,
    seen: Floats,
    gates: Floats,
    truth: Rows,
    matched: npt.NDArray[np.float64],
    without_cases: npt.NDArray[np.bool_],
) -> Mixing:
    """Choose how to mix from counts over calibration cases, which add up over hospitals.

    Parameters
    ----------
    truth : int array of shape (cases,)
    matched : array of shape (cases,)
        Rank of the truth by best match alone, from 0; infinite where nothing is known of it.
    without_cases : bool array of shape (cases,)
        Whether the right disease had no cases.
    """
    unseen = np.flatnonzero(without_cases & np.isfinite(matched))
    if not len(unseen):
        return Mixing(cut_off=_cut_off(mix(candidates, seen, gates, Mixing()), truth))
    chosen = candidates.rows(unseen)
    sharpness = max(SHARPNESS, key=lambda each: _log_share(chosen, truth[unseen], each))
    lifts: list[float] = []
    for depth in DEPTHS:
        goal = int((matched[unseen] < depth).sum())
        hits = []
        for lift in LIFTS:
            trial = Mixing(sharpness, (*lifts, *[float(lift)] * (len(DEPTHS) - len(lifts))))
            ranks = mix(chosen, seen[unseen], gates[unseen], trial).rank_of(truth[unseen])
            hits.append(int((ranks < depth).sum()))
            if hits[-1] >= goal:
                break
        asked = goal if hits[-1] >= goal else NEARLY * max(hits)
        reached = next(place for place, each in enumerate(hits) if each >= asked)
        lifts.append(float(LIFTS[reached]))
    mixing = Mixing(sharpness, tuple(lifts))
    cut_off = _cut_off(mix(candidates, seen, gates, mixing), truth)
    return Mixing(sharpness, tuple(lifts), cut_off)


def _log_share(candidates: Candidates, truth: Rows, sharpness: float) -> float:
    shares = unseen_shares(candidates, sharpness)
    found = (candidates.unseen == truth[:, None]) * shares
    return float(np.log(found.sum(axis=1).clip(1e-6)).sum())


def _cut_off(mixed: Mixed, truth: Rows) -> float:
    """Return the split conformal cut-off, from a histogram of the truth's probability."""
    found = ((mixed.rows == truth[:, None]) & (truth[:, None] >= 0)) * mixed.probabilities
    known = truth >= 0
    histogram, edges = np.histogram(found.sum(axis=1)[known], bins=CELLS, range=(0, 1))
    allowed = np.floor((known.sum() + 1) * (1 - COVERAGE)) - 1
    below = np.cumsum(histogram)
    return float(edges[int(np.searchsorted(below, max(allowed, 0), side="right"))])
