"""What each way of training says of one hospital's rows, and the queue that follows from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold

from client.data_quality.out_of_fold import held_out_positions, local_probabilities
from client.data_quality.suspicion import at_this_hospital, suspicion, together
from client.training.local_models import probabilities
from shared.contract import CategoricalFeature, Contract
from shared.records import Records
from shared.run_settings import MODEL_NAMES, RunSettings, run_settings
from simulations.in_process import run_in_process

HEALTHY, SICK = "none", "disease"
FOLDS = 5
# Of the plain forest, which is what the published figures are of.
PLAIN_TREES = 300

Numbers = npt.NDArray[np.float64]


def fold_settings(seed: int, fold: int) -> RunSettings:
    """Return a run that trains every kind of model as it comes and keeps back one fold.

    Rare classes weigh no more than they are: probabilities are wanted, and no decisions.
    """
    return run_settings(
        {
            "models": list(MODEL_NAMES),
            "seed": seed,
            "compare_alone": False,
            "class_balance": "none",
            "holdout": {"folds": FOLDS, "fold": fold, "seed": seed},
            "preprocessing": {"minimum_category_rows": 0},
            "calibration": {"method": "none", "thresholds": False},
        },
        [],
        "bench labels",
    )


def federated_said(
    contract: Contract, hospitals: Mapping[str, Records], names: Sequence[str], seed: int
) -> dict[str, Numbers]:
    """Return what federated models say of some hospitals' rows, each held out of training once.

    Returns
    -------
    dict of str to float64 array of shape (rows, leaves)
        By hospital: of all kinds of model together.
    """
    shape = {name: (len(hospitals[name]), len(contract.leaves)) for name in names}
    said = {name: {kind: np.full(shape[name], np.nan) for kind in MODEL_NAMES} for name in names}
    for fold in range(FOLDS):
        settings = fold_settings(seed, fold)
        result = run_in_process(contract, hospitals, settings)
        for name in names:
            positions = held_out_positions(contract, hospitals[name], settings)
            asked = hospitals[name].take(positions)
            for kind, arrays in result.models.items():
                found = probabilities(asked, settings, result.preparation, kind, arrays)
                said[name][kind][positions] = found
    return {name: together(list(kinds.values())) for name, kinds in said.items()}


def local_said(contract: Contract, records: Records, seed: int) -> Numbers:
    """Return what the hospital's own models say, as a node without a federation asks them."""
    return local_probabilities(contract, records, folds=FOLDS, seed=seed)


def plain_forest_said(
    contract: Contract, hospitals: Mapping[str, Records], name: str, seed: int
) -> dict[str, Numbers]:
    """Return what a plain forest says that learned from own rows, or from all in one place."""
    own, labels = plain_columns(contract, hospitals[name]), hospitals[name].labels
    others = [records for other, records in hospitals.items() if other != name]
    more = np.concatenate([plain_columns(contract, records) for records in others])
    more_labels = np.concatenate([records.labels for records in others])
    said = {way: np.zeros((len(own), 2)) for way in ("plain_local", "plain_pooled")}
    folding = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    for train, test in folding.split(own, labels):
        rows = {
            "plain_local": (own[train], labels[train]),
            "plain_pooled": (
                np.concatenate([own[train], more]),
                np.concatenate([labels[train], more_labels]),
            ),
        }
        for way, (columns, diagnoses) in rows.items():
            forest = RandomForestClassifier(PLAIN_TREES, min_samples_leaf=2, random_state=seed)
            sick = forest.fit(columns, diagnoses == SICK).predict_proba(own[test])[:, 1]
            said[way][test] = _of_leaves(contract, sick)
    return said


def _of_leaves(contract: Contract, sick: Numbers) -> Numbers:
    by_leaf = {SICK: sick, HEALTHY: 1 - sick}
    return np.stack([by_leaf[leaf] for leaf in contract.leaves], axis=1)


def plain_columns(contract: Contract, records: Records) -> Numbers:
    """Return records as numbers, codes by their place in the list and missing values kept."""
    columns: list[Any] = []
    for name, feature in contract.features.items():
        values = records.table[name]
        if isinstance(feature, CategoricalFeature):
            places = {each.code: float(place) for place, each in enumerate(feature.codes)}
            values = pd.Series([places.get(value, np.nan) for value in values])
        columns.append(values.to_numpy(dtype=np.float64))
    return np.stack(columns, axis=1)


def queue_of(
    contract: Contract, labels: npt.NDArray[np.object_], said: Numbers, *, corrected: bool
) -> npt.NDArray[np.intp]:
    """Return the rows, the most suspicious first.

    Parameters
    ----------
    corrected : bool
        Bring the probabilities to the hospital's own prevalence first; see `at_this_hospital`.
    """
    if corrected:
        said = at_this_hospital(contract, labels, said)
    return np.argsort(-suspicion(contract, labels, said), kind="stable")


def rank_area(truth: npt.NDArray[np.bool_], said: Numbers) -> float:
    """Return the area under the curve of held-out rows; the last leaf is the disease."""
    return float(roc_auc_score(truth, said[:, -1]))
