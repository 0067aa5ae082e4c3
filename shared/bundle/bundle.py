"""A model in memory, ready to answer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from shared.calibration import Calibrator
from shared.contract import Contract
from shared.models import create_model
from shared.models.base import Arrays, ModelKind
from shared.models.training_data import Probabilities
from shared.preparation import Preparation
from shared.records import with_derived
from shared.run_settings import ModelName, RunSettings
from shared.statistics import Summary

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Bundle:
    """Preprocessing, model and contract, with the reference for drift.

    Attributes
    ----------
    name : str
        The kind of model.
    run : str
        The run it came from.
    contract : Contract
        As the run saw it.
    settings : RunSettings
    preparation : Preparation
    summary : Summary
        Merged, of all training rows.
    arrays : Arrays
        The learned model.
    card : str
        Markdown for people: what it was trained on and how good it is.
    calibrator : Calibrator or None
        What makes stated probabilities true, with thresholds and prediction sets.
    onnx : bytes
        The model without calibrator, for other servers; empty where it would be too large.
    terms : bytes
        What the model must know of HPO, as `shared.compiled_terms` writes it; empty where it reads
        no such terms.
    """

    name: ModelName
    run: str
    contract: Contract
    settings: RunSettings
    preparation: Preparation
    summary: Summary
    arrays: Arrays
    card: str
    calibrator: Calibrator | None = None
    onnx: bytes = b""
    terms: bytes = b""

    @cached_property
    def model(self) -> ModelKind[Any]:
        """The kind of model, in this bundle's shape."""
        return create_model(
            self.name,
            self.settings.of_model(self.name),
            self.preparation.columns,
            self.preparation.classes,
            self.settings.seed,
            self.preparation.preprocessor.blocks(),
        )

    def predict(self, table: pd.DataFrame) -> Probabilities:
        """Return the probability of each leaf class.

        Parameters
        ----------
        table : DataFrame
            Recorded features, typed as in `shared.records.Records`; what is derived is computed.

        Returns
        -------
        array of shape (rows, leaves of the contract)
        """
        features = self.preparation.preprocessor.transform(
            with_derived(self.contract, table), keep_missing=self.model.keeps_missing
        )
        raw = self.model.predict(self.arrays, features)
        return raw if self.calibrator is None else self.calibrator.apply(raw)
