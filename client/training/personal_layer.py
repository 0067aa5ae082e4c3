"""The last layer that a hospital keeps to itself and goes on with (Arivazhagan et al. 2019)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from shared.models.base import Arrays, ModelKind
from shared.models.neural_network import NeuralNetwork
from shared.run_settings import RunSettings


@dataclass
class PersonalLayer:
    """A hospital's own last layer in one run; empty before its first round."""

    settings: RunSettings | None = None
    arrays: Arrays = field(default_factory=dict)

    def applied(self, settings: RunSettings, model: ModelKind[Any], arrays: Arrays) -> Arrays:
        """Return the shared model with the hospital's own last layer, if the run has one."""
        if not is_personal(model) or settings != self.settings:
            return arrays
        return {**arrays, **self.arrays}

    def keep(self, settings: RunSettings, model: ModelKind[Any], arrays: Arrays) -> None:
        """Keep the last layer of what training left."""
        if isinstance(model, NeuralNetwork) and is_personal(model):
            self.settings = settings
            self.arrays = {name: arrays[name] for name in model.layers.last_names}


def is_personal(model: ModelKind[Any]) -> bool:
    """Return whether hospitals go on with a last layer of their own."""
    return bool(getattr(model.settings, "personal_last_layer", False))
