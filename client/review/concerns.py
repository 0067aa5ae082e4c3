"""What a person should look at: suspicious diagnoses, and what empty cells mean."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import StratifiedGroupKFold

from client.review.effect import empty_cells
from client.review.items import Concern
from client.review.settings import ReviewSettings
from client.training.local_models import probabilities, train_alone
from shared.contract import Contract
from shared.models.training_data import Probabilities
from shared.records import Records
from shared.run_settings import RunSettings

LEAST_SUSPICION = 0.1


def out_of_fold(contract: Contract, records: Records, settings: ReviewSettings) -> Probabilities:
    """Return what a forest says of each record that learned from other patients only.

    Returns
    -------
    array of shape (records, leaves of the contract)
    """
    run = RunSettings(models=["random_forest"], seed=settings.seed)
    said = np.full((len(records), len(contract.leaves)), 1 / len(contract.leaves))
    persons = records.persons()
    folds = min(settings.folds, len(np.unique(persons)))
    if folds < 2:
        return said
    folding = StratifiedGroupKFold(folds, shuffle=True, random_state=settings.seed)
    labels = records.labels.astype(str)
    for learned, asked in folding.split(labels, labels, persons):
        preparation, trained = train_alone("review", contract, records.take(learned), run)
        said[asked] = probabilities(
            records.take(asked), run, preparation, "random_forest", trained["random_forest"]
        )
    return said


def suspicious_diagnoses(
    contract: Contract, records: Records, said: Probabilities
) -> list[Concern]:
    """Return the records whose class a model finds less likely than another one."""
    inside = contract.membership(list(records.labels))
    given = np.where(inside, said, 0).sum(axis=1)
    others = np.where(inside, 0, said)
    best = others.argmax(axis=1)
    suspicion = _gap(others[np.arange(len(said)), best], given)
    return [
        Concern(
            question="diagnosis",
            row=int(row),
            severity=1,
            suspicion=float(suspicion[row]),
            facts={"given": float(given[row]), "other": float(others[row, best[row]])},
            probabilities=dict(zip(contract.leaves, map(float, said[row]), strict=True)),
            suggested=contract.leaves[best[row]],
        )
        for row in np.flatnonzero(suspicion >= LEAST_SUSPICION)
    ]


def _gap(other: npt.NDArray[np.float64], given: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return how much likelier another class is, from 0 to 1."""
    return np.clip(other - given, 0, 1)


def empty_features(contract: Contract, records: Records) -> list[Concern]:
    """Return the features that some records lack and others have."""
    found = []
    for name in contract.recorded:
        empty = empty_cells(records, name)
        if 0 < empty < len(records):
            share = empty / len(records)
            facts = {"empty": empty, "rows": len(records)}
            found.append(
                Concern(question="empty", feature=name, severity=share, suspicion=0.5, facts=facts)
            )
    return found
