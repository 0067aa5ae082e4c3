"""One list from two: diseases with cases, and those known from annotations alone.

Left to a ranker that learned from cases, diseases without cases sink, for most patients of the
federation have a disease that it has seen. Two rules hold them up.

They are lifted as far as it costs nothing that can be told from chance: the largest lift under
which, over all calibration cases, the right disease stands first (among the first ten) no more
than one standard error less often than under the best lift; and no further than until such
diseases stand there as often as by best match alone. The rule of one standard error is that of
Breiman et al., Classification and Regression Trees, 1984, section 3.4.3.

And places are kept for them, whatever was learned: the first of them by knowledge alone never
stands lower than the fifth place of the list, the second never lower than the eighth, the third
never lower than the tenth, and from there on every second place is theirs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from shared.ranking.candidates import Candidates

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]
SHARPNESS = (0.2, 0.3, 0.4, 0.5, 0.7, 1.0)
LIFTS = np.exp(np.linspace(0, 5, 26))
DEPTHS = (1, 10)
# Places, from 0, by which one more disease without cases stands in the list; then every second.
KEPT_PLACES = (4, 7, 9)
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


def kept_by(place: int) -> int:
    """Return how many diseases without cases stand at a place, from 0, or before it, at least."""
    return sum(each <= place for each in KEPT_PLACES) + max(0, (place - KEPT_PLACES[-1]) // 2)


def mix(
    candidates: Candidates, seen: Floats, gates: Floats, mixing: Mixing, places: int = LISTED
) -> Mixed:
    """Put two lists into one order.

    Parameters
    ----------
    seen : array of shape (cases, width)
        Probabilities among diseases with cases.
    gates : array of shape (cases, 3)
        Of a disease with cases, one without, and none of the candidates.
    places : int
        How long the list is to be.
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
    rows = np.full((len(seen), places), -1, dtype=np.int64)
    probabilities = np.zeros((len(seen), places), dtype=np.float32)
    for place in range(places):
        values = first[cases, at[0]], second[cases, at[1]]
        due = (at[1] < kept_by(place)) & (values[1] >= 0)
        is_seen = (values[0] >= values[1] * mixing.lift_at(place)) & ~due
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
    unseen = without_cases & np.isfinite(matched)
    if not unseen.any():
        return Mixing(cut_off=_cut_off(mix(candidates, seen, gates, Mixing()), truth))
    chosen = candidates.rows(np.flatnonzero(unseen))
    sharpness = max(SHARPNESS, key=lambda each: _log_share(chosen, truth[unseen], each))
    mixing = Mixing(sharpness)
    for depth in DEPTHS:
        goal = int((matched[unseen] < depth).sum())
        within = lift_hits(candidates, seen, gates, truth, mixing, depth)
        lift = chosen_lift(within.sum(axis=1), within[:, unseen].sum(axis=1), goal, len(truth))
        mixing = replace(mixing, lifts=lifts_with(mixing, depth, lift))
    return replace(mixing, cut_off=_cut_off(mix(candidates, seen, gates, mixing), truth))


def lift_hits(
    candidates: Candidates, seen: Floats, gates: Floats, truth: Rows, mixing: Mixing, depth: int
) -> npt.NDArray[np.bool_]:
    """Return, of shape (lifts, cases), whether the right disease is so far up under each lift."""
    trials = (replace(mixing, lifts=lifts_with(mixing, depth, float(lift))) for lift in LIFTS)
    mixed = (mix(candidates, seen, gates, trial, places=depth) for trial in trials)
    return np.stack([each.rank_of(truth) < depth for each in mixed])


def lifts_with(mixing: Mixing, depth: int, lift: float) -> tuple[float, ...]:
    """Return the lifts with another one from a depth on."""
    before = mixing.lifts[: DEPTHS.index(depth)]
    return (*before, *[lift] * (len(DEPTHS) - len(before)))


def chosen_lift(
    of_all: npt.NDArray[np.generic], of_unseen: npt.NDArray[np.generic], goal: float, cases: float
) -> float:
    """Choose a lift from counts under each; see the module's first words.

    Parameters
    ----------
    of_all, of_unseen : array of shape (lifts,)
        Of all cases, and of those whose disease has none, how many are far enough up.
    goal : float
        How many of the latter are by best match alone.
    cases : float
        All of them.
    """
    share = np.asarray(of_all, dtype=np.float64) / max(cases, 1)
    best = share.max()
    error = np.sqrt(best * (1 - best) / max(cases, 1))
    furthest = int(np.flatnonzero(share >= best - error)[-1])
    reaching = np.flatnonzero(np.asarray(of_unseen, dtype=np.float64) >= goal)
    enough = int(reaching[0]) if len(reaching) else furthest
    return float(LIFTS[min(furthest, enough)])


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
