"""The one question of a run of sums: a hospital's part of one, with noise, under masks or both."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from shared.secret_sum.question import SecretQuestion
from shared.settings_file import StrictModel

Purpose = Literal[
    "summary",
    "network step",
    "boosting step",
    "leaves",
    "evaluation",
    "membership",
    "grid counts",
    "tree growth",
    "network update",
    "paired comparison",
    "ranking",
    "noised ranking",
]


class SumHeader(StrictModel):
    """What a hospital is asked to sum.

    How much one patient can add is for the hospital to know; nothing here can raise it.

    Attributes
    ----------
    purpose : str
    step : int
        Of the purpose, from 1.
    noise_multiplier : float
        Standard deviation of the noise over the sensitivity, in the sum that the hospital counts
        on; see `PrivacySettings.assumed_honest`. 0 in runs that promise nothing.
    secret : SecretQuestion or None
        Under which masks to answer; None for none.
    """

    purpose: Purpose
    step: int = Field(default=1, ge=1)
    noise_multiplier: float = Field(ge=0, allow_inf_nan=False)
    secret: SecretQuestion | None = None
