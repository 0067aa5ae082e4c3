"""Two models on the same rows: how far apart they can be, and for whom the second is worse."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from pydantic import Field
from scipy.optimize import brentq
from scipy.stats import binomtest, norm

from shared.settings_file import StrictModel

# With fewer replicates beyond a bound, their spread tells more than their order.
LEAST_BEYOND = 10


class PairedTable(StrictModel):
    """Rows by which of two models is right.

    Attributes
    ----------
    both, champion_only, challenger_only, neither : int
    """

    both: int = Field(default=0, ge=0)
    champion_only: int = Field(default=0, ge=0)
    challenger_only: int = Field(default=0, ge=0)
    neither: int = Field(default=0, ge=0)

    @property
    def rows(self) -> int:
        """All rows."""
        return self.both + self.champion_only + self.challenger_only + self.neither

    @property
    def gain(self) -> float:
        """How much more often the challenger is right; 0 without a row."""
        return (self.challenger_only - self.champion_only) / self.rows if self.rows else 0.0

    def __add__(self, other: PairedTable) -> PairedTable:
        """Return the rows of both tables."""
        return PairedTable(
            both=self.both + other.both,
            champion_only=self.champion_only + other.champion_only,
            challenger_only=self.challenger_only + other.challenger_only,
            neither=self.neither + other.neither,
        )


def tango_interval(table: PairedTable, level: float) -> tuple[float, float]:
    """Return the score interval of the difference of two paired shares.

    Parameters
    ----------
    table : PairedTable
        At least one row.
    level : float
        One-sided: each bound is missed by so much.

    Returns
    -------
    low, high : float
        Bounds of challenger - champion.

    Notes
    -----
    Tango (1998), Statistics in Medicine 17, 891-908: all differences that the score test does not
    reject. Unlike the usual interval it holds where hardly a row tells the models apart.
    """
    if not table.rows:
        raise ValueError("an interval of no rows")
    limit = float(norm.isf(level))
    estimate = table.gain
    low = -1.0
    if _score(table, -1.0) > limit:
        low = float(brentq(lambda delta: _score(table, delta) - limit, -1.0, estimate))
    high = 1.0
    if _score(table, 1.0) < -limit:
        high = float(brentq(lambda delta: _score(table, delta) + limit, estimate, 1.0))
    return low, high


def _score(table: PairedTable, delta: float) -> float:
    """Return the score statistic of a hypothesised difference; falls with it."""
    rows, better, worse = table.rows, table.challenger_only, table.champion_only
    distance = better - worse - rows * delta
    # The share of rows that only the champion has right, most likely under the hypothesis: the
    # larger root of a quadratic equation.
    linear = -better - worse + (2 * rows - better + worse) * delta
    constant = -worse * delta * (1 - delta)
    root = math.sqrt(max(linear**2 - 8 * rows * constant, 0.0))
    share = (root - linear) / (4 * rows)
    variance = rows * (2 * share + delta * (1 - delta))
    if variance <= 1e-12:
        return math.copysign(math.inf, distance) if abs(distance) > 1e-12 else 0.0
    return distance / math.sqrt(variance)


def chance_of_harm(table: PairedTable) -> float:
    """Return the probability of so many rows, or more, that only the champion has right.

    Exact one-sided McNemar test of "the challenger is not worse"; 1 where no row tells them apart.
    """
    told = table.champion_only + table.challenger_only
    if not told:
        return 1.0
    return float(binomtest(table.champion_only, told, alternative="greater").pvalue)


def holm(chances: Mapping[str, float]) -> dict[str, float]:
    """Return p-values that can each be held against one level for all of them together.

    Holm (1979), Scandinavian Journal of Statistics 6, 65-70: the probability that any true
    hypothesis is rejected stays below the level, however the tests depend on each other.
    """
    adjusted: dict[str, float] = {}
    highest = 0.0
    ordered = sorted(chances, key=lambda name: chances[name])
    for position, name in enumerate(ordered):
        highest = max(highest, min(1.0, chances[name] * (len(ordered) - position)))
        adjusted[name] = highest
    return adjusted


def gain_bounds(gain: float, draws: Sequence[float], level: float) -> tuple[float, float]:
    """Return the bounds of a gain from bootstrap replicates, each missed by `level`.

    Parameters
    ----------
    gain : float
        On the rows as they are.
    draws : sequence of float
        The gain of each replicate.
    """
    if level * len(draws) >= LEAST_BEYOND:
        low, high = np.quantile(draws, [level, 1 - level])
        return float(low), float(high)
    half = float(norm.isf(level)) * float(np.std(draws, ddof=1))
    return gain - half, gain + half
