"""The formal promise that a trained model comes with."""

from __future__ import annotations

from pydantic import Field

from shared.settings_file import StrictModel


class Guarantee(StrictModel):
    """(epsilon, delta)-differential privacy of a model, for each patient of each hospital.

    Neighbouring data sets differ by one patient, all of whose records are added or removed. It
    covers what training released; not the question whether a patient was at a hospital, where that
    is known from elsewhere.

    Attributes
    ----------
    epsilon, delta : float
        The largest that any hospital spent on the model.
    assumed_honest : int
        How many hospitals' noise this counts on: 1 for each hospital's own alone.
    """

    epsilon: float = Field(gt=0, allow_inf_nan=False)
    delta: float = Field(ge=0, lt=1)
    assumed_honest: int = Field(default=1, ge=1)
