"""The kinds of model that a run asks for."""

from __future__ import annotations

from typing import Any

from shared.models import create_model
from shared.models.base import ModelKind
from shared.preparation import Preparation
from shared.run_settings import ModelName, RunSettings


def model_of(name: ModelName, settings: RunSettings, preparation: Preparation) -> ModelKind[Any]:
    """Return one kind of model as a run asks for it."""
    return create_model(
        name,
        settings.of_model(name),
        preparation.columns,
        preparation.classes,
        settings.seed,
        preparation.preprocessor.blocks(),
    )
