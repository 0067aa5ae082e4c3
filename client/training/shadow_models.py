"""Models of random halves of persons, for the likelihood-ratio attack (Carlini et al. 2022)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from client.training.local_models import probabilities, train_alone
from shared.attacks.membership import LIMIT, right_class_log_odds
from shared.contract import Contract
from shared.models.base import derive_seed
from shared.records import Records
from shared.run_settings import ModelName, RunSettings

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class ShadowModels:
    """How sure each model is of each row.

    Attributes
    ----------
    confidences : array of shape (models, rows)
        Log-odds of each row's right class.
    seen : bool array of shape (models, rows)
        Whether the model learned from the row.
    """

    confidences: Floats
    seen: Mask


def halves(models: int, persons: int, seed: int) -> Mask:
    """Draw whom each model learns from: each person is in half of them, shape (models, persons)."""
    generator = np.random.default_rng(seed)
    order = generator.permuted(np.tile(np.arange(models)[:, None], (1, persons)), axis=0)
    return order < models // 2


def train_shadows(
    contract: Contract, records: Records, settings: RunSettings, name: ModelName, models: int
) -> ShadowModels:
    """Train models on random halves of the persons.

    Parameters
    ----------
    contract : Contract
        As the run sees it; records too.
    settings : RunSettings
        Of the model under attack; each model has a seed of its own.
    models : int
        At least four; one more than the shadows of each target.
    """
    persons = records.persons()
    seen = halves(models, int(persons.max()) + 1, settings.seed)[:, persons]
    candidates = contract.membership(list(records.labels))
    limit = largest_log_odds(settings, name)
    confidences = []
    for index, rows in enumerate(seen):
        own = settings.model_copy(
            update={"seed": derive_seed(settings.seed, index), "models": [name]}
        )
        half = records.take(np.flatnonzero(rows))
        preparation, trained = train_alone(f"shadow-{index}", contract, half, own)
        found = probabilities(records, own, preparation, name, trained[name])
        confidences.append(np.clip(right_class_log_odds(found, candidates), -limit, limit))
    return ShadowModels(np.array(confidences), seen)


def largest_log_odds(settings: RunSettings, name: ModelName) -> float:
    """Return how certain a model can be: where all of a forest's trees agree, it has one vote each.

    Log-odds of 1e-15 there would be far from any normal distribution.
    """
    return float(np.log(settings.random_forest.trees)) if name == "random_forest" else LIMIT
