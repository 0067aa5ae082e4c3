"""Keeping what shared models say of the rows that a run in folds holds out."""

from __future__ import annotations

from collections.abc import Mapping

from client.data_quality.kept_probabilities import FoldAnswers, keep
from client.data_quality.out_of_fold import held_out_positions
from client.hospital import Hospital
from client.training.local_models import probabilities
from shared.models.base import Arrays
from shared.preparation import Preparation
from shared.run_settings import ModelName, RunSettings


def keep_held_out(
    hospital: Hospital,
    settings: RunSettings,
    preparation: Preparation,
    models: Mapping[ModelName, Arrays],
) -> None:
    """Write down, at this hospital and nowhere else, what models say of the fold held out.

    Nothing is done where the hospital keeps nothing, or the run does not go through folds.
    """
    holdout = settings.holdout
    if hospital.out_of_fold is None or holdout.folds is None or holdout.fold is None:
        return
    contract, records = hospital.view(settings)
    positions = held_out_positions(contract, records, settings)
    if not len(positions):
        return
    asked = records.take(positions)
    for name, arrays in models.items():
        answers = FoldAnswers(
            data_version=hospital.local.records.content_hash(),
            leaves=contract.leaves,
            model=name,
            folds=holdout.folds,
            fold=holdout.fold,
            seed=holdout.seed,
            positions=positions,
            probabilities=probabilities(asked, settings, preparation, name, arrays),
        )
        keep(hospital.out_of_fold, answers)
