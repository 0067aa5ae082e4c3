"""An evaluation as one vector of counts, to which every patient adds few ones."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shared.contract import Contract
from shared.metrics import Evaluation
from shared.metrics.counts import (
    LOG_ODDS_LIMIT,
    RELIABILITY_BINS,
    SCORE_BINS,
    TOP_RANKS,
    LevelCounts,
)
from shared.privacy.consistency import spread
from shared.privacy.fixed_sums import FixedSum, counted
from shared.privacy.settings import PrivacySettings

Floats = npt.NDArray[np.float64]

# Of log-odds; a twentieth of the bins of an evaluation without noise.
COARSE_BINS = 24


def score_bins(settings: PrivacySettings) -> int:
    """Return in how many bins scores are counted: few where noise would drown many."""
    return COARSE_BINS if settings.is_private else SCORE_BINS


@dataclass(frozen=True)
class LevelVector:
    """What an evaluation's counts at one level of the classes are in a vector.

    In order: the confusion; in which group of ranks the truth is; reliability by bin, misses then
    hits; each class's scores among its own rows, then among the others.
    """

    classes: tuple[str, ...]
    bins: int

    @property
    def lengths(self) -> list[int]:
        """Numbers in each part."""
        size = len(self.classes)
        scores = size * self.bins
        return [size * size, len(TOP_RANKS) + 1, 2 * RELIABILITY_BINS, scores, scores]

    @property
    def cells_of_a_row(self) -> int:
        """How many numbers one row is counted in."""
        return 3 + len(self.classes)

    def write(self, counts: LevelCounts) -> list[int]:
        """Return the counts in order."""
        hits = [0, *(counts.top_hits[rank] for rank in TOP_RANKS), counts.rows]
        reached = np.array(counts.reliability_hits)
        own, others = (
            np.array(each).reshape(len(self.classes), self.bins, -1).sum(axis=2)
            for each in (counts.score_of_class, counts.score_of_others)
        )
        return [
            *np.ravel(counts.confusion).tolist(),
            *np.diff(hits).tolist(),
            *(np.array(counts.reliability_rows) - reached).tolist(),
            *reached.tolist(),
            *own.ravel().tolist(),
            *others.ravel().tolist(),
        ]

    def read(self, values: Floats) -> LevelCounts:
        """Return the nearest counts that rows could have."""
        size = len(self.classes)
        parts = np.split(values, np.cumsum(self.lengths)[:-1])
        confusion = np.maximum(np.rint(parts[0].reshape(size, size)), 0).astype(np.int64)
        rows, of_class = int(confusion.sum()), confusion.sum(axis=1)
        reliability = spread(parts[2], rows).reshape(2, RELIABILITY_BINS)
        own = fitted(parts[3].reshape(size, self.bins), of_class)
        others = fitted(parts[4].reshape(size, self.bins), rows - of_class)
        in_bins = reliability.sum(axis=0)
        middles = (np.arange(RELIABILITY_BINS) + 0.5) / RELIABILITY_BINS
        probability = _probabilities(self.bins)
        return LevelCounts(
            classes=list(self.classes),
            confusion=confusion.tolist(),
            top_hits=dict(
                zip(TOP_RANKS, np.cumsum(spread(parts[1], rows))[:-1].tolist(), strict=True)
            ),
            score_of_class=fine(own).tolist(),
            score_of_others=fine(others).tolist(),
            reliability_rows=in_bins.tolist(),
            reliability_hits=reliability[1].tolist(),
            reliability_confidence=(in_bins * middles).tolist(),
            log_loss=float(own.sum(axis=0) @ -np.log(probability)),
            squared_error=float(
                own.sum(axis=0) @ (1 - probability) ** 2 + others.sum(axis=0) @ probability**2
            ),
        )


def fitted(values: Floats, totals: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return whole histograms with the given totals."""
    return np.array([spread(own, int(total)) for own, total in zip(values, totals, strict=True)])


def fine(histograms: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return histograms on the bins of an evaluation, each coarse bin at its middle."""
    found = np.zeros((len(histograms), SCORE_BINS), dtype=np.int64)
    merged = SCORE_BINS // histograms.shape[1]
    found[:, merged // 2 :: merged] = histograms
    return found


def _probabilities(bins: int) -> Floats:
    middles = (np.arange(bins) + 0.5) / bins * 2 * LOG_ODDS_LIMIT - LOG_ODDS_LIMIT
    found: Floats = 1 / (1 + np.exp(-middles))
    return found


def levels_of(contract: Contract, settings: PrivacySettings) -> tuple[LevelVector, LevelVector]:
    """Return the finest level and that of the groups."""
    bins = score_bins(settings)
    return LevelVector(tuple(contract.leaves), bins), LevelVector(tuple(contract.groups), bins)


def evaluation_counts(
    contract: Contract, evaluations: Sequence[Evaluation], settings: PrivacySettings
) -> FixedSum:
    """Write the evaluations of several models on the same rows."""
    finest, group = levels_of(contract, settings)
    values: list[int] = []
    for each in evaluations:
        values += finest.write(each.finest) + group.write(each.group)
    of_a_row = (finest.cells_of_a_row + group.cells_of_a_row) * len(evaluations)
    return counted(np.array(values, dtype=np.int64), math.sqrt(of_a_row))


def size_of(contract: Contract, models: int, settings: PrivacySettings) -> int:
    """Return how many numbers the evaluations of so many models are."""
    return models * sum(sum(level.lengths) for level in levels_of(contract, settings))


def read_evaluations(
    contract: Contract, values: Floats, models: int, settings: PrivacySettings
) -> list[Evaluation]:
    """Read the evaluations of several models from sums."""
    finest, group = levels_of(contract, settings)
    found = []
    for part in np.split(values, models):
        of_finest, of_group = np.split(part, [sum(finest.lengths)])
        found.append(Evaluation(finest=finest.read(of_finest), group=group.read(of_group)))
    return found
