"""Probabilities for each record, of models that learned from the hospital's other records only."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pandas as pd

from client.data_quality.hospital_rows import Numbers
from shared.contract import Contract
from shared.holdout import split
from shared.records import Records
from shared.run_settings import ModelName, RunSettings, run_settings

Advance = Callable[[], None]
FOREST: ModelName = "random_forest"


def held_out_positions(
    contract: Contract, records: Records, settings: RunSettings
) -> npt.NDArray[np.intp]:
    """Return which rows a run holds out, as positions in the records."""
    positions = pd.DataFrame({"position": np.arange(len(records))})
    placed = Records(positions, records.labels, records.patients)
    with warnings.catch_warnings():
        # Classes with fewer patients than folds are in some folds only, which is as it must be.
        warnings.simplefilter("ignore", UserWarning)
        held_out = split(contract, placed, settings.holdout)[1]
    return held_out.table["position"].to_numpy(dtype=np.intp)


def local_settings(seed: int, folds: int, fold: int) -> RunSettings:
    """Return the settings of the hospital's own models: a forest, which needs no tuning."""
    return run_settings(
        {
            "models": ["random_forest"],
            "seed": seed,
            "class_balance": "none",
            "holdout": {"folds": folds, "fold": fold, "seed": seed},
            "preprocessing": {"minimum_category_rows": 0},
        },
        [],
        "out of fold",
    )


def local_probabilities(
    contract: Contract,
    records: Records,
    *,
    folds: int = 5,
    seed: int = 0,
    advance: Advance | None = None,
) -> Numbers:
    """Train on some of the hospital's records, and ask about the others, until all were asked.

    Records of one person are asked about together.

    Returns
    -------
    float64 array of shape (rows, leaves)
        Not a number where a row was never held out, as in hospitals with fewer rows than folds.

    Raises
    ------
    DataError
        When there are too few patients to hold some out.
    """
    from client.training.local_models import probabilities, train_alone

    found = np.full((len(records), len(contract.leaves)), np.nan)
    for fold in range(folds):
        settings = local_settings(seed, folds, fold)
        positions = held_out_positions(contract, records, settings)
        if len(positions):
            learned = records.take(np.setdiff1d(np.arange(len(records)), positions))
            preparation, models = train_alone("out of fold", contract, learned, settings)
            asked = records.take(positions)
            found[positions] = probabilities(asked, settings, preparation, FOREST, models[FOREST])
        if advance is not None:
            advance()
    return found
