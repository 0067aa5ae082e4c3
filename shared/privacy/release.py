"""One thing said about a hospital's patients, and what it tells at most about any one of them."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from shared.settings_file import StrictModel

Mechanism = Literal["discrete_gaussian", "none"]


class Release(StrictModel):
    """What one answer gives away, as an event of differential privacy.

    Neighbouring data sets differ by one patient, all of whose records are added or removed. With
    the mechanism ``none`` nothing bounds what the answer tells.

    Attributes
    ----------
    run : str
        The run that asked.
    question : str
        Type of the message, as `shared.questions` lists them.
    purpose : str
        What the answer is for, in words: ``step of the neural network``.
    mechanism : {"discrete_gaussian", "none"}
    sensitivity : float
        How far one patient can move the answer before the noise: a Euclidean norm, in the units of
        the whole numbers that are sent. 0 for ``none``.
    noise_multiplier : float
        Standard deviation of the noise over the sensitivity. 0 for ``none``.
    sampling_rate : float
        Chance of each patient to be in the answer at all, drawn for each by itself (Poisson).
    assumed_honest : int
        How many hospitals' noise this counts on: 1 for this hospital's own alone.
    """

    run: str
    question: str
    purpose: str
    mechanism: Mechanism
    sensitivity: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    noise_multiplier: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    sampling_rate: float = Field(default=1.0, gt=0, le=1)
    assumed_honest: int = Field(default=1, ge=1)

    @model_validator(mode="after")
    def _is_what_it_says(self) -> Self:
        noised = self.mechanism == "discrete_gaussian"
        if noised != (self.noise_multiplier > 0) or noised != (self.sensitivity > 0):
            raise ValueError("noise and sensitivity belong to a mechanism, and to it alone")
        return self
