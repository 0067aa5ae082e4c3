"""From a model's raw probabilities to those people read, an answer and sets of classes."""

from __future__ import annotations

from typing import Annotated

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from shared.calibration.conformal import prediction_sets
from shared.calibration.grids import HIGHEST_TEMPERATURE, LOWEST_TEMPERATURE, histograms_for
from shared.calibration.isotonic import MonotoneCurve, apply_isotonic
from shared.calibration.settings import Coverage, Method
from shared.calibration.temperature import apply_temperature
from shared.calibration.thresholds import NEUTRAL_THRESHOLD, decide
from shared.errors import JuntosError
from shared.models.training_data import Probabilities
from shared.settings_file import StrictModel


class Calibrator(StrictModel):
    """Plain numbers that travel and are stored as JSON.

    Attributes
    ----------
    classes : int
    method : str
    temperature : float
        1 unless the method is ``temperature``.
    curves : list of MonotoneCurve
        Of the method ``isotonic``: one per class, or one for all.
    thresholds : list of float
        Per class; equal ones make the most probable class the answer.
    cut_offs : dict of float to float
        By coverage, the least calibrated probability that puts a class into the set.
    """

    classes: int = Field(ge=2)
    method: Method = "none"
    temperature: float = Field(default=1.0, ge=LOWEST_TEMPERATURE, le=HIGHEST_TEMPERATURE)
    curves: list[MonotoneCurve] = Field(default_factory=list)
    thresholds: list[Annotated[float, Field(gt=0, lt=1)]]
    cut_offs: dict[Coverage, Annotated[float, Field(ge=0, le=1)]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _parts_fit(self) -> Calibrator:
        if len(self.thresholds) != self.classes:
            raise ValueError("a calibrator needs one threshold per class")
        curves = histograms_for(self.classes) if self.method == "isotonic" else 0
        if len(self.curves) != curves:
            raise ValueError("a calibrator has another number of curves than its method asks for")
        if self.method != "temperature" and self.temperature != 1:
            raise ValueError("a calibrator of another method has a temperature")
        return self

    @classmethod
    def identity(cls, classes: int) -> Calibrator:
        """Return the calibrator that changes nothing and knows no coverage."""
        return cls(classes=classes, thresholds=[NEUTRAL_THRESHOLD] * classes)

    def apply(self, probabilities: Probabilities) -> Probabilities:
        """Return calibrated probabilities.

        Parameters
        ----------
        probabilities : array of shape (rows, classes)
            Of the model.

        Returns
        -------
        array of shape (rows, classes)
            Each row sums to one.
        """
        if self.method == "temperature":
            return apply_temperature(probabilities, self.temperature)
        if self.method == "isotonic":
            return apply_isotonic(probabilities, self.curves)
        return probabilities

    def decide(self, calibrated: Probabilities) -> npt.NDArray[np.intp]:
        """Return the answer for each row, shape (rows,), from what `apply` returned."""
        return decide(calibrated, self.thresholds)

    def prediction_sets(self, calibrated: Probabilities, coverage: float) -> npt.NDArray[np.bool_]:
        """Return the classes in each row's set, shape (rows, classes), from `apply`'s return.

        Raises
        ------
        JuntosError
            When the calibrator was not fitted for this coverage.
        """
        if coverage not in self.cut_offs:
            known = ", ".join(f"{each:g}" for each in self.cut_offs) or "none"
            raise JuntosError(
                f"There are no prediction sets with coverage {coverage:g}.",
                f"Ask for one that was fitted: {known}.",
            )
        return prediction_sets(calibrated, self.cut_offs[coverage])
