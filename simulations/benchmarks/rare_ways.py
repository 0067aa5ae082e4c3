"""Ways to do better on rare classes, as settings of a run."""

from __future__ import annotations

from typing import Any

from shared.run_settings import ModelName

Settings = dict[str, Any]

NOTHING: Settings = {"class_balance": "none"}
SYNTHETIC: Settings = {"augmentation": {"method": "smote"}}
REFERENCE = "class balance"

# What every kind of model can do. `REFERENCE` is what a run does by default.
FOR_ANY_KIND: dict[str, Settings] = {
    "nothing": NOTHING,
    REFERENCE: {},
    "inverse frequency": {"class_balance": "inverse_frequency"},
    "synthetic rows": NOTHING | SYNTHETIC,
    "synthetic rows, class balance": SYNTHETIC,
    "thresholds": NOTHING | {"calibration": {"answers": "thresholds"}},
}
FOR_NETWORKS: dict[str, Settings] = {
    "logit adjustment": NOTHING | {"neural_network": {"logit_adjustment": 1.0}},
    "focal loss, class balance": {"neural_network": {"loss": "focal"}},
    "pretrained on common classes": {
        "neural_network": {
            "rounds": 150,
            "transfer": {"pretraining_rounds": 50, "encoder_rate": 0.1},
        }
    },
    "own last layers": {"neural_network": {"personal_last_layer": True}},
    "fine-tuned at hospitals": {"neural_network": {"transfer": {"fine_tuning_epochs": 20}}},
}


def ways_of(kind: ModelName) -> dict[str, Settings]:
    """Return the ways that one kind of model has on any data."""
    return {**FOR_ANY_KIND, **(FOR_NETWORKS if kind == "neural_network" else {})}


def ways_with_start(start: str) -> dict[str, Settings]:
    """Return the ways of a network that starts from another, in the folder of a bundle."""
    slow = {"start_from": start, "encoder_rate": 0.1}
    held = {**slow, "prototypes_below": 10}
    return {
        "started from knowledge": {"neural_network": {"transfer": slow}},
        "the same, prototypes": {"neural_network": {"transfer": held}},
        "the same, synthetic rows": {"neural_network": {"transfer": held}, **SYNTHETIC},
    }
