"""Counts of predictions against the truth at one level of the classes; sums merge them."""

from __future__ import annotations

from typing import Annotated, TypeVar

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from shared.settings_file import StrictModel

TOP_RANKS = (1, 3, 5, 10)
RELIABILITY_BINS = 10

# Scores are binned by log-odds, so that rare classes, whose probabilities crowd near zero, keep
# their order: 480 bins of 0.05 between odds of 1:160,000 and 160,000:1.
LOG_ODDS_LIMIT = 12.0
SCORE_BINS = 480

Count = Annotated[int, Field(ge=0)]
Histogram = list[Count]
Item = TypeVar("Item")


class LevelCounts(StrictModel):
    """Counts over the rows whose truth is one of `classes`.

    Attributes
    ----------
    classes : list of str
    confusion : list of lists of int
        Rows by true class, columns by predicted class.
    top_hits : dict of int to int
        Rows whose true class is among the k most probable, by k.
    score_of_class, score_of_others : list of histograms
        Per class: its probability among rows of the class, and among all others, binned by
        log-odds.
    reliability_rows, reliability_hits : histogram
        Rows, and right answers among them, by the probability of the answer (ten equal bins).
    reliability_confidence : list of float
        Sum of that probability per bin.
    log_loss, squared_error : float
        Sums over rows: negative log probability of the truth; Brier's score over all classes.
    """

    classes: list[str]
    confusion: list[Histogram]
    top_hits: dict[int, Count]
    score_of_class: list[Histogram]
    score_of_others: list[Histogram]
    reliability_rows: Histogram
    reliability_hits: Histogram
    reliability_confidence: list[float]
    log_loss: float
    squared_error: float

    @model_validator(mode="after")
    def _shapes_fit(self) -> LevelCounts:
        size = len(self.classes)
        shapes = [
            np.shape(self.confusion) == (size, size),
            np.shape(self.score_of_class) == (size, SCORE_BINS),
            np.shape(self.score_of_others) == (size, SCORE_BINS),
            len(self.reliability_rows) == RELIABILITY_BINS,
            len(self.reliability_hits) == RELIABILITY_BINS,
            len(self.reliability_confidence) == RELIABILITY_BINS,
        ]
        if not all(shapes):
            raise ValueError("counts have another shape than the classes and bins ask for")
        return self

    @property
    def rows(self) -> int:
        """Rows counted."""
        return sum(self.reliability_rows)

    def merge(self, other: LevelCounts) -> LevelCounts:
        """Return the counts over both hospitals' rows."""
        if self.classes != other.classes:
            raise ValueError("counts over different classes cannot be merged")
        return LevelCounts(
            classes=self.classes,
            confusion=_add(self.confusion, other.confusion),
            top_hits={rank: self.top_hits[rank] + other.top_hits[rank] for rank in TOP_RANKS},
            score_of_class=_add(self.score_of_class, other.score_of_class),
            score_of_others=_add(self.score_of_others, other.score_of_others),
            reliability_rows=_add(self.reliability_rows, other.reliability_rows),
            reliability_hits=_add(self.reliability_hits, other.reliability_hits),
            reliability_confidence=_add(self.reliability_confidence, other.reliability_confidence),
            log_loss=self.log_loss + other.log_loss,
            squared_error=self.squared_error + other.squared_error,
        )


def _add(first: list[Item], second: list[Item]) -> list[Item]:
    total: list[Item] = (np.array(first) + np.array(second)).tolist()
    return total


def count(
    classes: list[str],
    truth: npt.NDArray[np.intp],
    probabilities: npt.NDArray[np.float64],
    answers: npt.NDArray[np.intp] | None = None,
) -> LevelCounts:
    """Count predictions against the truth.

    Parameters
    ----------
    truth : int array of shape (rows,)
        Index of the true class.
    probabilities : float array of shape (rows, classes)
    answers : int array of shape (rows,), optional
        Class that each row is answered with, for the confusion; the most probable without it.
    """
    size = len(classes)
    first = probabilities.argmax(axis=1)
    hit = first == truth
    confidence = probabilities.max(axis=1, initial=0.0)
    of_truth = probabilities[np.arange(len(truth)), truth]
    one_hot = np.eye(size)[truth]
    bins = np.minimum((confidence * RELIABILITY_BINS).astype(int), RELIABILITY_BINS - 1)
    confusion = np.zeros((size, size), dtype=int)
    np.add.at(confusion, (truth, first if answers is None else answers), 1)
    scores = score_histograms(one_hot.astype(bool), probabilities)
    return LevelCounts(
        classes=classes,
        confusion=confusion.tolist(),
        top_hits=top_hits(truth, probabilities),
        score_of_class=scores[0].tolist(),
        score_of_others=scores[1].tolist(),
        reliability_rows=np.bincount(bins, minlength=RELIABILITY_BINS).tolist(),
        reliability_hits=np.bincount(bins[hit], minlength=RELIABILITY_BINS).tolist(),
        reliability_confidence=np.bincount(bins, confidence, RELIABILITY_BINS).tolist(),
        log_loss=float(-np.log(np.maximum(of_truth, 1e-12)).sum()),
        squared_error=float(((probabilities - one_hot) ** 2).sum()),
    )


def top_hits(truth: npt.NDArray[np.intp], probabilities: npt.NDArray[np.float64]) -> dict[int, int]:
    """Count the rows whose truth is among the k most probable classes."""
    ranked = np.argsort(-probabilities, axis=1, kind="stable")
    hits = ranked == truth[:, None]
    return {rank: int(hits[:, :rank].sum()) for rank in TOP_RANKS}


def score_histograms(
    is_class: npt.NDArray[np.bool_], probabilities: npt.NDArray[np.float64]
) -> npt.NDArray[np.int64]:
    """Bin each class's probability by log-odds, for its own rows and for the others.

    Returns
    -------
    int array of shape (2, classes, SCORE_BINS)
    """
    clipped = np.clip(probabilities, 1e-9, 1 - 1e-9)
    log_odds = np.log(clipped / (1 - clipped))
    position = (log_odds + LOG_ODDS_LIMIT) / (2 * LOG_ODDS_LIMIT) * SCORE_BINS
    bins = np.clip(position.astype(int), 0, SCORE_BINS - 1)
    result = np.zeros((2, probabilities.shape[1], SCORE_BINS), dtype=np.int64)
    classes = np.broadcast_to(np.arange(probabilities.shape[1]), bins.shape)
    np.add.at(result, (np.where(is_class, 0, 1), classes, bins), 1)
    return result
