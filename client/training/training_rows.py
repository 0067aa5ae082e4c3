"""From a hospital's training records to the rows that one kind of model learns from."""

from __future__ import annotations

from typing import Any

import numpy as np

from client.training.synthetic_rows import synthetic_rows
from shared.augmentation_settings import AugmentationSettings
from shared.contract import Contract
from shared.models.base import ModelKind
from shared.models.row_draws import draw_validation
from shared.models.training_data import TrainingData
from shared.preparation import Preparation
from shared.records import Records


def training_rows(
    contract: Contract,
    training: Records,
    preparation: Preparation,
    model: ModelKind[Any],
    augmentation: AugmentationSettings,
) -> TrainingData:
    """Preprocess training records; set some aside to say when to stop, where settings ask for it.

    Which rows are set aside depends on what they hold, so that it does not matter where they are.
    Synthetic rows, where settings ask for them, are made from the others only.
    """
    data = preparation.training_data(contract, training, keep_missing=model.keeps_missing)
    share = getattr(model.settings, "validation_share", 0.0)
    validation = draw_validation(data.features, data.candidates, share, model.seed)
    data = data.with_validation(validation)
    learned_from = training.take(np.flatnonzero(~validation))
    made = synthetic_rows(contract, learned_from, augmentation, model.seed)
    if not len(made):
        return data
    return data.with_more(
        preparation.training_data(contract, made, keep_missing=model.keeps_missing)
    )
