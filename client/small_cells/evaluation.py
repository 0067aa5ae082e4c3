"""An evaluation without cells of few rows."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from client.small_cells.cells import Integers, grouped
from shared.metrics import Evaluation
from shared.metrics.counts import (
    LOG_ODDS_LIMIT,
    RELIABILITY_BINS,
    SCORE_BINS,
    TOP_RANKS,
    LevelCounts,
)


def told_evaluation(evaluation: Evaluation, smallest: int) -> Evaluation:
    """Return counts at every level that are multiples of the smallest cell."""
    return Evaluation(
        finest=told_level(evaluation.finest, smallest),
        group=told_level(evaluation.group, smallest),
    )


def told_level(counts: LevelCounts, smallest: int) -> LevelCounts:
    """Return the counts of one level.

    Rows of classes with few rows are not told. The others are told in groups: by class right or
    wrong, by the rank of the truth, by probability. Losses are those of the histograms.
    """
    confusion = np.array(counts.confusion, dtype=np.int64)
    exact = confusion.sum(axis=1)
    of_class = exact // smallest * smallest
    rows = int(of_class.sum())
    groups = rows // smallest
    own = told_histograms(counts.score_of_class, of_class, smallest)
    others = told_histograms(counts.score_of_others, rows - of_class, smallest)
    reliability = told_reliability(counts, groups, smallest)
    probability = _probabilities()
    middles = (np.arange(RELIABILITY_BINS) + 0.5) / RELIABILITY_BINS
    return LevelCounts(
        classes=counts.classes,
        confusion=told_confusion(confusion, of_class, smallest).tolist(),
        top_hits=told_ranks(counts, groups, smallest),
        score_of_class=own.tolist(),
        score_of_others=others.tolist(),
        reliability_rows=reliability.sum(axis=0).tolist(),
        reliability_hits=reliability[1].tolist(),
        reliability_confidence=(reliability.sum(axis=0) * middles).tolist(),
        log_loss=float(own.sum(axis=0) @ -np.log(probability)),
        squared_error=float(
            own.sum(axis=0) @ (1 - probability) ** 2 + others.sum(axis=0) @ probability**2
        ),
    )


def told_histograms(
    histograms: list[list[int]], totals: npt.NDArray[np.int64], smallest: int
) -> Integers:
    """Return each histogram told as so many rows."""
    told = [
        grouped(np.array(each, dtype=np.int64), int(total) // smallest, smallest)
        for each, total in zip(histograms, totals, strict=True)
    ]
    return np.array(told, dtype=np.int64).reshape(len(told), -1)


def told_ranks(counts: LevelCounts, groups: int, smallest: int) -> dict[int, int]:
    """Return how often the truth is among the first so many answers."""
    hits = [0, *(counts.top_hits[rank] for rank in TOP_RANKS), counts.rows]
    told = grouped(np.diff(hits), groups, smallest)
    return dict(zip(TOP_RANKS, np.cumsum(told)[:-1].tolist(), strict=True))


def told_reliability(counts: LevelCounts, groups: int, smallest: int) -> Integers:
    """Return misses and hits by probability, shape (2, bins).

    They are put in one line, from the surest miss over the least sure answers to the surest hit, so
    that few are told with those most like them.
    """
    hits = np.array(counts.reliability_hits, dtype=np.int64)
    misses = np.array(counts.reliability_rows, dtype=np.int64) - hits
    line = grouped(np.concatenate([misses[::-1], hits]), groups, smallest)
    return np.stack([line[:RELIABILITY_BINS][::-1], line[RELIABILITY_BINS:]])


def told_confusion(confusion: Integers, of_class: Integers, smallest: int) -> Integers:
    """Return who was taken for what: by class how many right, and which mistakes are frequent.

    Parameters
    ----------
    of_class : int64 array of shape (classes,)
        Rows that are told of each class.
    """
    told = np.zeros_like(confusion)
    for own, row in enumerate(confusion):
        hits = np.array([row[own], row.sum() - row[own]])
        told[own, own], wrong = grouped(hits, int(of_class[own]) // smallest, smallest)
        told[own] += told_mistakes(row, own, int(wrong), of_class, smallest)
    return told


def told_mistakes(
    row: Integers, own: int, wrong: int, of_class: Integers, smallest: int
) -> Integers:
    """Return which other class so many rows were taken for.

    Mistakes that are too few by class are told as taken for the most frequent other class.
    """
    told = np.zeros_like(row)
    frequent = row // smallest * smallest
    frequent[own] = 0
    for other in np.argsort(-frequent, kind="stable"):
        told[other] = min(int(frequent[other]), wrong)
        wrong -= int(told[other])
    if wrong:
        told[max((each for each in range(len(row)) if each != own), key=of_class.__getitem__)] += (
            wrong
        )
    return told


def _probabilities() -> npt.NDArray[np.float64]:
    middles = (np.arange(SCORE_BINS) + 0.5) / SCORE_BINS * 2 * LOG_ODDS_LIMIT - LOG_ODDS_LIMIT
    found: npt.NDArray[np.float64] = 1 / (1 + np.exp(-middles))
    return found
