"""Membership inference by the loss: rows that a model learned from are answered more surely.

Yeom et al. 2018, "Privacy Risk in Machine Learning: Analyzing the Connection to Overfitting", call
a row a training row when its loss lies below a threshold. Here every threshold is tried, on counts
that hospitals add up: the loss is ``-log p`` of a row's right class, and rows are counted by the
log-odds of p, which puts them in the same order and keeps small losses apart.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from shared.errors import JuntosError
from shared.models.training_data import SMALLEST_PROBABILITY, Probabilities
from shared.settings_file import StrictModel

Floats = npt.NDArray[np.float64]

# Beyond these log-odds no probability is told apart from 0 or 1 (1e-15).
LIMIT = 35.0
BINS = 1400

# Sums of this many hospitals' largest answers still are exact 64-bit integers.
Count = Annotated[int, Field(ge=0, le=2**53)]


class MembershipCounts(StrictModel):
    """Rows by the log-odds of their right class, on a fixed grid of `BINS` bins.

    Attributes
    ----------
    members : list of int
        Rows that the model learned from.
    others : list of int
        Held-out rows.
    """

    members: list[Count]
    others: list[Count]

    @model_validator(mode="after")
    def _shapes_fit(self) -> MembershipCounts:
        if len(self.members) != BINS or len(self.others) != BINS:
            raise ValueError("counts have another number of bins than the grid")
        return self

    def check(self, training_rows: int, held_out_rows: int) -> None:
        """Refuse counts from another party that its rows cannot have given.

        Raises
        ------
        JuntosError
            When there are more rows than the hospital's summary said.
        """
        if sum(self.members) > training_rows or sum(self.others) > held_out_rows:
            raise JuntosError("Membership counts of more rows than the hospital's summary said.")


def right_class_log_odds(probabilities: Probabilities, candidates: npt.NDArray[np.bool_]) -> Floats:
    """Return the log-odds of each row's right class, shape (rows,); the higher the surer.

    Parameters
    ----------
    probabilities : array of shape (rows, classes)
    candidates : bool array of shape (rows, classes)
        The classes each row's label stands for; their probabilities are added up.

    Raises
    ------
    ValueError
        When shapes differ.
    """
    if probabilities.shape != candidates.shape:
        raise ValueError("every row needs a probability per class")
    # Of both sides, for the digits that 1 - p would lose.
    right = np.where(candidates, probabilities, 0.0).sum(axis=1)
    wrong = np.where(candidates, 0.0, probabilities).sum(axis=1)
    smallest = SMALLEST_PROBABILITY
    log_odds: Floats = np.log(np.maximum(right, smallest)) - np.log(np.maximum(wrong, smallest))
    return log_odds


def bin_of(log_odds: Floats) -> npt.NDArray[np.intp]:
    """Return each value's bin; the first and the last also hold what lies beyond the grid."""
    position = np.floor((log_odds + LIMIT) / (2 * LIMIT) * BINS)
    return np.clip(position, 0, BINS - 1).astype(np.intp)


def count_membership(members: Floats, others: Floats) -> MembershipCounts:
    """Count a hospital's rows.

    Parameters
    ----------
    members, others : array of shape (rows,)
        `right_class_log_odds` of the rows that the model learned from, and of held-out rows.
    """
    return MembershipCounts(members=histogram(members), others=histogram(others))


def histogram(log_odds: Floats) -> list[int]:
    """Return the number of rows in each bin."""
    return [int(rows) for rows in np.bincount(bin_of(log_odds), minlength=BINS)]


def merge_membership(counts: Iterable[MembershipCounts]) -> MembershipCounts:
    """Add up the counts of any number of hospitals; in whatever order, the same."""
    members, others = np.zeros(BINS, np.int64), np.zeros(BINS, np.int64)
    for each in counts:
        members += np.array(each.members, dtype=np.int64)
        others += np.array(each.others, dtype=np.int64)
    return MembershipCounts(members=members.tolist(), others=others.tolist())
