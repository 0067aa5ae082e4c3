"""What a hospital counts for calibration: sums that merge by addition, in lists of fixed length."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from shared.calibration.grids import (
    LOWEST_TEMPERATURE,
    NONCONFORMITY_BINS,
    SCORE_BINS,
    TEMPERATURES,
    Floats,
    Integers,
    bin_of,
    histograms_for,
    log_probabilities,
    to_log_odds,
)
from shared.errors import JuntosError
from shared.models.training_data import SMALLEST_PROBABILITY, Probabilities
from shared.settings_file import StrictModel

# Sums of this many hospitals' largest answers still are exact 64-bit integers.
Count = Annotated[int, Field(ge=0, le=2**53)]
Loss = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Histogram = list[Count]

MOST_ROWS = 10**9


class CalibrationCounts(StrictModel):
    """Counts of one model's probabilities against the labels.

    Attributes
    ----------
    classes : int
    losses : list of float
        Summed negative log probability of the rows' candidates, at each of `TEMPERATURES`.
    score_of_class, score_of_others : lists of histograms
        Per class (one for all together where there are very many): its probability among rows of
        the class, and among all others, by log-odds. Only rows labelled with one class.
    nonconformity_of_leaves, nonconformity_of_coarse : histograms
        Of ``1 - p``, by log-odds: p is the probability of the true class, and for a label that
        stands for several classes that of the least probable one. The truth then is at most as
        nonconforming as counted, so that a cut-off is never too low; ``1 - max p`` would only
        promise a set that holds *some* class of the label.
    """

    classes: int = Field(ge=2)
    losses: list[Loss]
    score_of_class: list[Histogram]
    score_of_others: list[Histogram]
    nonconformity_of_leaves: Histogram
    nonconformity_of_coarse: Histogram

    @model_validator(mode="after")
    def _shapes_fit(self) -> CalibrationCounts:
        fits = len(self.losses) == len(TEMPERATURES)
        for histograms in (self.score_of_class, self.score_of_others):
            fits = fits and len(histograms) == histograms_for(self.classes)
            fits = fits and all(len(histogram) == SCORE_BINS for histogram in histograms)
        for histogram in (self.nonconformity_of_leaves, self.nonconformity_of_coarse):
            fits = fits and len(histogram) == NONCONFORMITY_BINS
        if not fits:
            raise ValueError("counts have another shape than the classes and grids ask for")
        return self

    @property
    def leaf_rows(self) -> int:
        """Rows labelled with one class."""
        return sum(self.nonconformity_of_leaves)

    @property
    def rows(self) -> int:
        """Rows counted."""
        return self.leaf_rows + sum(self.nonconformity_of_coarse)

    def merge(self, other: CalibrationCounts) -> CalibrationCounts:
        """Return the counts over both hospitals' rows."""
        return merge_counts([self, other])

    def check(self, classes: int) -> None:
        """Refuse counts from another party that no rows can have given.

        Raises
        ------
        JuntosError
            Naming what does not fit.
        """
        if self.classes != classes:
            raise JuntosError(f"Calibration counts of {self.classes} classes instead of {classes}.")
        if self.rows > MOST_ROWS:
            raise JuntosError("Calibration counts of more rows than any hospital has.")
        if not self._scores_cover_every_leaf_row():
            raise JuntosError("Calibration counts whose score histograms miss or repeat rows.")
        worst = -np.log(SMALLEST_PROBABILITY) / LOWEST_TEMPERATURE + np.log(classes)
        if max(self.losses) > worst * self.rows + 1e-6:
            raise JuntosError("Calibration counts with a loss that no probabilities can have.")

    def _scores_cover_every_leaf_row(self) -> bool:
        of_class, of_others = (
            [sum(histogram) for histogram in histograms]
            for histograms in (self.score_of_class, self.score_of_others)
        )
        pairs = self.leaf_rows * (self.classes // len(of_class))
        together = [first + second for first, second in zip(of_class, of_others, strict=True)]
        return sum(of_class) == self.leaf_rows and all(total == pairs for total in together)


def merge_counts(counts: Iterable[CalibrationCounts]) -> CalibrationCounts:
    """Merge the counts of any number of hospitals, at least one.

    Raises
    ------
    ValueError
        When they are of different classes.
    """
    parts = list(counts)
    if len({part.classes for part in parts}) != 1:
        raise ValueError("counts over different classes cannot be merged")
    sums = {
        field: np.sum([np.array(getattr(part, field)) for part in parts], axis=0).tolist()
        for field in CalibrationCounts.model_fields
        if field != "classes"
    }
    return CalibrationCounts(classes=parts[0].classes, **sums)


def empty(classes: int) -> CalibrationCounts:
    """Return the counts of no rows."""
    return count(np.empty((0, classes)), np.empty((0, classes), dtype=np.bool_))


def count(probabilities: Probabilities, candidates: npt.NDArray[np.bool_]) -> CalibrationCounts:
    """Count a hospital's rows.

    Parameters
    ----------
    probabilities : array of shape (rows, classes)
        Raw, or calibrated by the map the hospital was sent.
    candidates : bool array of shape (rows, classes)
        The classes each row's label stands for, at least one.

    Raises
    ------
    ValueError
        When shapes differ, a number is no probability or a row has no candidate.
    """
    if probabilities.shape != candidates.shape or not candidates.any(axis=1).all():
        raise ValueError("every row needs a probability per class and at least one candidate")
    if not ((probabilities >= 0) & (probabilities <= 1 + 1e-6)).all():
        raise ValueError("probabilities must lie between 0 and 1")
    is_leaf = candidates.sum(axis=1) == 1
    scores = score_histograms(probabilities[is_leaf], candidates[is_leaf])
    least = np.where(candidates, probabilities, np.inf).min(axis=1)
    nonconformity = bin_of(-to_log_odds(least), NONCONFORMITY_BINS)
    return CalibrationCounts(
        classes=probabilities.shape[1],
        losses=candidate_losses(probabilities, candidates).tolist(),
        score_of_class=scores[0].tolist(),
        score_of_others=scores[1].tolist(),
        nonconformity_of_leaves=_histogram(nonconformity[is_leaf]),
        nonconformity_of_coarse=_histogram(nonconformity[~is_leaf]),
    )


def _histogram(bins: npt.NDArray[np.intp]) -> list[int]:
    return [int(rows) for rows in np.bincount(bins, minlength=NONCONFORMITY_BINS)]


def candidate_losses(probabilities: Probabilities, candidates: npt.NDArray[np.bool_]) -> Floats:
    """Sum the negative log probability of the candidates at each temperature, shape (61,)."""
    logarithms = log_probabilities(probabilities)
    logarithms -= logarithms.max(axis=1, keepdims=True)
    losses = np.zeros(len(TEMPERATURES))
    for index, temperature in enumerate(TEMPERATURES):
        scaled = np.exp(logarithms / temperature)
        share = (scaled * candidates).sum(axis=1) / scaled.sum(axis=1)
        losses[index] = -np.log(np.minimum(share, 1)).sum()
    return np.maximum(losses, 0)


def score_histograms(probabilities: Probabilities, is_class: npt.NDArray[np.bool_]) -> Integers:
    """Bin each class's probability for its own rows and for the others.

    Returns
    -------
    int array of shape (2, histograms, SCORE_BINS)
    """
    classes = probabilities.shape[1]
    histograms = histograms_for(classes)
    owner = np.arange(classes) if histograms == classes else np.zeros(classes, dtype=np.intp)
    side = np.where(is_class, 0, 1)
    bins = bin_of(to_log_odds(probabilities), SCORE_BINS)
    cells = (side * histograms + owner) * SCORE_BINS + bins
    shape = (2, histograms, SCORE_BINS)
    return np.bincount(cells.ravel(), minlength=int(np.prod(shape))).reshape(shape)
