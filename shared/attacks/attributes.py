"""Attribute inference: guessing what a record hides from what the model says of the rest.

The attacker knows a row's label and all its features but one, asks the model about the row with
each value that the feature can have, and takes the value that explains the label best (Fredrikson
et al. 2014). What a model tells about *anyone* is medicine; what it tells more about its training
rows than about others is a leak (Yeom et al. 2018): the advantage is the difference of the two.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from shared.settings_file import StrictModel

Floats = npt.NDArray[np.float64]
Values = npt.NDArray[np.intp]
NORMAL_QUANTILE = 1.959963984540054

Count = Annotated[int, Field(ge=0, le=2**53)]


class AttributeCounts(StrictModel):
    """How often one feature was guessed right; counts of hospitals add up.

    Attributes
    ----------
    member_hits, members : int
        Right guesses, and rows that the model learned from where the feature is known.
    other_hits, others : int
        The same of held-out rows.
    """

    member_hits: Count
    members: Count
    other_hits: Count
    others: Count

    @model_validator(mode="after")
    def _hits_are_rows(self) -> AttributeCounts:
        if self.member_hits > self.members or self.other_hits > self.others:
            raise ValueError("more right guesses than rows")
        return self

    @classmethod
    def sum(cls, parts: Iterable[AttributeCounts]) -> AttributeCounts:
        """Add up the counts of any number of hospitals."""
        known = list(parts)
        return cls(
            **{
                name: sum(getattr(each, name) for each in known)
                for name in ("member_hits", "members", "other_hits", "others")
            }
        )

    def risk(self) -> AttributeRisk | None:
        """Return what the counts show; None without rows of both kinds."""
        if not self.members or not self.others:
            return None
        of_members, of_others = self.member_hits / self.members, self.other_hits / self.others
        advantage = of_members - of_others
        below, above = newcombe(self)
        return AttributeRisk(
            of_members=of_members,
            of_others=of_others,
            advantage=advantage,
            low=advantage - below,
            high=advantage + above,
        )


class AttributeRisk(StrictModel):
    """Success of guessing a feature.

    Attributes
    ----------
    of_members, of_others : float
        Share of right guesses.
    advantage : float
        Their difference; 0 where training rows are no easier to guess than others.
    low, high : float
        95% interval of the advantage (Newcombe 1998, from Wilson's intervals).
    """

    of_members: float
    of_others: float
    advantage: float
    low: float
    high: float


def count_guesses(explained: Floats, truth: Values, prior: Floats) -> tuple[int, int]:
    """Count right guesses; return them and the rows.

    Parameters
    ----------
    explained : array of shape (rows, values)
        The probability the model gives each row's label when the feature has each value.
    truth : int array of shape (rows,)
        The value that the row has.
    prior : array of shape (values,)
        How frequent each value is, which the attacker knows.
    """
    guessed = (explained * prior).argmax(axis=1)
    return int((guessed == truth).sum()), len(truth)


def newcombe(counts: AttributeCounts) -> tuple[float, float]:
    """Return how far the interval of a difference of shares reaches below and above it."""
    (a_low, a, a_high) = wilson(counts.member_hits, counts.members)
    (b_low, b, b_high) = wilson(counts.other_hits, counts.others)
    return float(np.hypot(a - a_low, b_high - b)), float(np.hypot(a_high - a, b - b_low))


def wilson(hits: int, rows: int) -> tuple[float, float, float]:
    """Return the lower bound of a share, the share, and its upper bound (Wilson 1927)."""
    share, square = hits / rows, NORMAL_QUANTILE**2
    middle = (share + square / (2 * rows)) / (1 + square / rows)
    half = (
        NORMAL_QUANTILE
        * float(np.sqrt(share * (1 - share) / rows + square / (4 * rows**2)))
        / (1 + square / rows)
    )
    return middle - half, share, middle + half
