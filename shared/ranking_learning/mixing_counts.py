"""Counts over calibration cases by which two lists become one; they add up over hospitals.

What `shared.ranking.mixing.fit_mixing` chooses from the cases of one place is chosen here from
sums over many.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
from torch import Tensor

from shared.models.base import Arrays
from shared.ranking.candidates import Candidates
from shared.ranking.learned_ranker import TrainingCases
from shared.ranking.mixing import (
    CELLS,
    COVERAGE,
    DEPTHS,
    SHARPNESS,
    Mixing,
    chosen_lift,
    lift_hits,
    lifts_with,
    mix,
    unseen_shares,
)

FoldLoss = Callable[[int, npt.NDArray[np.int64]], Tensor]
Ask = Callable[[str, Mixing, int], Arrays]
SHARP, HITS, CUT_OFF = "sharpness", "hits", "cut_off"


@dataclass(frozen=True)
class Outside:
    """What networks say of cases that they have not seen.

    Attributes
    ----------
    shares : array of shape (cases, width)
        Among diseases with cases.
    gates : array of shape (cases, 3)
    """

    cases: TrainingCases
    shares: npt.NDArray[np.float32]
    gates: npt.NDArray[np.float32]

    @cached_property
    def unseen(self) -> npt.NDArray[np.int64]:
        """Rows of cases whose disease had no cases, and is known."""
        return np.flatnonzero(self.cases.without_cases & np.isfinite(self.cases.matched))

    @cached_property
    def chosen(self) -> Candidates:
        """Their candidates."""
        return self.cases.candidates.rows(self.unseen)


def sharpness_sums(outside: Outside, _mixing: Mixing, _depth: int) -> Arrays:
    """Return the log shares of the right disease under each sharpness, summed, and their number."""
    truth = outside.cases.truth[outside.unseen]
    sums = []
    for sharpness in SHARPNESS:
        shares = unseen_shares(outside.chosen, sharpness)
        right = ((outside.chosen.unseen == truth[:, None]) * shares).sum(axis=1)
        sums.append(float(np.log(right.clip(1e-6)).sum()))
    return {"sums": np.array(sums), "cases": np.array([len(truth)], dtype=np.float64)}


def hits(outside: Outside, mixing: Mixing, depth: int) -> Arrays:
    """Return how often the right disease is so far up under each lift, and by matching alone."""
    cases = outside.cases
    within = lift_hits(cases.candidates, outside.shares, outside.gates, cases.truth, mixing, depth)
    goal = int((cases.matched[outside.unseen] < depth).sum())
    return {
        "all_hits": within.sum(axis=1).astype(np.float64),
        "hits": within[:, outside.unseen].sum(axis=1).astype(np.float64),
        "goal": np.array([goal], dtype=np.float64),
        "cases": np.array([len(cases.truth)], dtype=np.float64),
    }


def truth_histogram(outside: Outside, mixing: Mixing, _depth: int) -> Arrays:
    """Return in how many cases the right disease has a probability in each of 200 cells."""
    truth = outside.cases.truth
    mixed = mix(outside.cases.candidates, outside.shares, outside.gates, mixing)
    found = ((mixed.rows == truth[:, None]) & (truth[:, None] >= 0)) * mixed.probabilities
    counts, _ = np.histogram(found.sum(axis=1)[truth >= 0], bins=CELLS, range=(0, 1))
    return {"histogram": counts.astype(np.float64)}


COUNTS: Mapping[str, Callable[[Outside, Mixing, int], Arrays]] = {
    SHARP: sharpness_sums,
    HITS: hits,
    CUT_OFF: truth_histogram,
}


def chosen_mixing(ask: Ask) -> Mixing:
    """Choose how to mix.

    Parameters
    ----------
    ask : callable
        Returns the sum over hospitals of the counts of a name, for a mixing and a depth.
    """
    mixing = Mixing()
    sharp = ask(SHARP, mixing, 0)
    if sharp["cases"][0] > 0:
        best = SHARPNESS[int(np.argmax(sharp["sums"]))]
        mixing = replace(mixing, sharpness=best)
        for depth in DEPTHS:
            counted = ask(HITS, mixing, depth)
            goal, cases = counted["goal"][0], counted["cases"][0]
            lift = chosen_lift(counted["all_hits"], counted["hits"], goal, cases)
            mixing = replace(mixing, lifts=lifts_with(mixing, depth, lift))
    histogram = ask(CUT_OFF, mixing, 0)["histogram"]
    allowed = np.floor((histogram.sum() + 1) * (1 - COVERAGE)) - 1
    place = int(np.searchsorted(np.cumsum(histogram), max(allowed, 0), side="right"))
    edges = np.linspace(0, 1, CELLS + 1)
    return replace(mixing, cut_off=float(edges[min(place, CELLS)]))
