"""From a hospital's training records to the rows that one kind of model learns from."""

from __future__ import annotations

from typing import Any

from shared.contract import Contract
from shared.models.base import ModelKind
from shared.models.row_draws import draw_validation
from shared.models.training_data import TrainingData
from shared.preparation import Preparation
from shared.records import Records


def training_rows(
    contract: Contract, training: Records, preparation: Preparation, model: ModelKind[Any]
) -> TrainingData:
    """Preprocess training records; set some aside to say when to stop, where settings ask for it.

    Which rows are set aside depends on what they hold, so that it does not matter where they are.
    """
    data = preparation.training_data(contract, training, keep_missing=model.keeps_missing)
    share = getattr(model.settings, "validation_share", 0.0)
    validation = draw_validation(data.features, data.candidates, share, model.seed)
    return data.with_validation(validation)
