"""The hospital's part in attacking the shared models: how sure they are of its rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from client.hospital import Hospital
from client.training.local_models import seen_rows
from client.training.model_of_run import model_of
from shared.attacks import MembershipCounts, count_membership
from shared.attacks.membership import right_class_log_odds
from shared.models.base import Arrays, ModelKind
from shared.models.training_data import TrainingData
from shared.preparation import Preparation
from shared.run_settings import ModelName, RunSettings


def membership_counts(
    hospital: Hospital,
    settings: RunSettings,
    preparation: Preparation,
    models: Mapping[ModelName, Arrays],
) -> dict[ModelName, MembershipCounts]:
    """Count the rows that each shared model learned from, and the held-out ones, by its answers.

    Synthetic rows are nobody's, and rows that only said when to stop were not learned from; neither
    count. Models are attacked as they are sent: a last layer of the hospital's own never leaves it.
    """
    contract, _, held_out = hospital.split(settings)
    found = {}
    for name, arrays in models.items():
        model = model_of(name, settings, preparation)
        model.check_arrays(arrays)
        seen = seen_rows(hospital, settings, preparation, model)
        members = seen.data.take(np.arange(seen.rows)).for_learning
        others = preparation.training_data(contract, held_out, keep_missing=model.keeps_missing)
        found[name] = count_certainty(model, arrays, members, others)
    return found


def count_certainty(
    model: ModelKind[Any], arrays: Arrays, members: TrainingData, others: TrainingData
) -> MembershipCounts:
    """Count rows by how sure a model is of their right class."""
    scores = [
        right_class_log_odds(model.predict(arrays, rows.features), rows.candidates)
        for rows in (members, others)
    ]
    return count_membership(*scores)
