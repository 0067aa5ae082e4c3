"""A number's distribution at each hospital and in all, from what hospitals told."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shared.contract import NumericFeature
from shared.exploration.cells import base_edges
from shared.exploration.exploration import FeatureTables

Floats = npt.NDArray[np.float64]
# An outermost step of so large a share is drawn as wide as it is.
_MUCH = 0.5


@dataclass(frozen=True)
class Distribution:
    """A number's distribution at one hospital.

    Attributes
    ----------
    edges : array of shape (steps + 1,)
        Within the contract's range; the outermost steps are drawn shorter than they reach.
    counts : array of shape (steps,)
    open_low, open_high : bool
        Whether the outermost steps are drawn shorter.
    """

    edges: Floats
    counts: Floats
    open_low: bool
    open_high: bool

    @property
    def density(self) -> Floats:
        """Share of the patients who have a value, per unit; shape (steps,)."""
        found: Floats = self.counts / np.diff(self.edges) / self.counts.sum()
        return found


def distribution(feature: NumericFeature, tables: FeatureTables) -> Distribution | None:
    """Return a number's distribution; None where it is told in a single step.

    Outermost steps of few patients reach to the ends of the contract's range, so that nobody learns
    the largest value. They are drawn twice as wide as the steps beside them, unless they hold so
    many that this would mislead.
    """
    edges = base_edges(feature)
    absent = len(edges) - 1
    groups = _without_empty_ends(
        [
            (min(cells), max(set(cells) - {absent}) + 1, count)
            for cells, count in zip(tables.cells.cells, tables.cells.counts, strict=True)
            if set(cells) != {absent}
        ]
    )
    if len(groups) < 2:
        return None
    begins = np.array([edges[first] for first, _, _ in groups])
    ends = np.array([edges[last] for _, last, _ in groups])
    counts = np.array([count for *_, count in groups], dtype=np.float64)
    everyone = counts.sum()
    low = max(begins[0], ends[0] - _drawn(counts[0], everyone, ends[1] - begins[1]))
    high = min(ends[-1], begins[-1] + _drawn(counts[-1], everyone, ends[-2] - begins[-2]))
    return Distribution(
        edges=np.concatenate([[low], begins[1:], [high]]),
        counts=counts,
        open_low=bool(low > begins[0]),
        open_high=bool(high < ends[-1]),
    )


def _without_empty_ends(groups: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    occupied = [place for place, (*_, count) in enumerate(groups) if count]
    return groups[occupied[0] : occupied[-1] + 1] if occupied else []


def _drawn(count: float, patients: float, width: float) -> float:
    """Return how wide an outermost step is drawn, given the width of the one beside it."""
    return np.inf if count > _MUCH * patients else 2 * width


def mixed(distributions: list[Distribution]) -> Distribution | None:
    """Return the distribution of the patients of several hospitals, each even within its steps."""
    if not distributions:
        return None
    edges = np.unique(np.concatenate([each.edges for each in distributions]))
    middles = (edges[1:] + edges[:-1]) / 2
    counts = np.zeros(len(middles))
    for each in distributions:
        place = np.searchsorted(each.edges, middles, side="right") - 1
        inside = (place >= 0) & (place < len(each.counts))
        density = each.counts / np.diff(each.edges)
        counts[inside] += density[place[inside]] * np.diff(edges)[inside]
    return Distribution(edges, counts, open_low=False, open_high=False)
