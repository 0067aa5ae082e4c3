"""What a run may choose about calibration."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from shared.settings_file import StrictModel

Method = Literal["none", "temperature", "isotonic"]
Answers = Literal["most_probable", "thresholds"]
CoarseLabels = Literal["worst_case", "left_out"]
Coverage = Annotated[float, Field(gt=0, lt=1)]


class CalibrationSettings(StrictModel):
    """How raw probabilities become those that people read.

    Attributes
    ----------
    method : str
        ``best`` takes the one with the lowest log loss on hospitals it was not fitted on, raw
        probabilities included.
    thresholds : bool
        Whether each class has its own threshold, the one that maximises its F1 score.
    coverages : list of float
        How often the prediction sets are to hold the true class.
    coarse_labels : str
        What a label that stands for several classes means to prediction sets. ``worst_case``: the
        truth is its least probable class; the stated coverage holds whatever the truth is, and sets
        grow with the share of such rows. ``left_out``: only rows labelled with one class count; the
        coverage holds for patients like those.
    answers : str
        Which class a row is judged by: the most probable, or by thresholds.
    """

    method: Literal["none", "temperature", "isotonic", "best"] = "temperature"
    thresholds: bool = True
    coverages: list[Coverage] = Field(default=[0.8, 0.9, 0.95])
    coarse_labels: CoarseLabels = "worst_case"
    answers: Answers = "most_probable"

    @property
    def methods(self) -> tuple[Method, ...]:
        """The methods to compare, simplest first; one unless the best is asked for."""
        return ("none", "temperature", "isotonic") if self.method == "best" else (self.method,)
