"""Guessing a feature of a hospital's rows from what a model says of the rest of each row."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from client.training.local_models import probabilities
from shared.attacks.attributes import Floats, Values, count_guesses
from shared.contract import CategoricalFeature, Contract, FlagFeature
from shared.errors import SettingsError
from shared.models.base import Arrays
from shared.preparation import Preparation
from shared.records import Records, with_derived
from shared.run_settings import ModelName, RunSettings


def values_of(contract: Contract, feature: str) -> list[str] | list[float]:
    """Return the values that a categorical feature or flag can have.

    Raises
    ------
    SettingsError
        For any other feature.
    """
    found = contract.recorded.get(feature)
    if isinstance(found, FlagFeature):
        return [0.0, 1.0]
    if isinstance(found, CategoricalFeature):
        return [value.code for value in found.codes]
    raise SettingsError(
        f"{feature!r} cannot be guessed.", "Name a categorical feature or a flag of the contract."
    )


def where_known(contract: Contract, records: Records, feature: str) -> tuple[Records, Values]:
    """Return the records in which a feature is known, and the position of its value in each."""
    values = values_of(contract, feature)
    known = records.take(np.flatnonzero(records.table[feature].notna()))
    return known, np.array([values.index(each) for each in known.table[feature]], dtype=np.intp)


def guess(
    contract: Contract,
    records: Records,
    feature: str,
    prior: Floats,
    trained: tuple[RunSettings, Preparation, ModelName, Arrays],
) -> tuple[int, int]:
    """Count right guesses of a feature; return them and the rows in which it is known.

    Parameters
    ----------
    contract : Contract
        As the run sees it; records too.
    prior : array of shape (values,)
        How frequent each value is.
    trained : tuple
        Settings, preparation, kind of model, and its arrays.
    """
    known, truth = where_known(contract, records, feature)
    if not len(known):
        return 0, 0
    values = values_of(contract, feature)
    explained = np.column_stack([explain(contract, known, feature, v, trained) for v in values])
    return count_guesses(explained, truth, prior)


def explain(
    contract: Contract,
    records: Records,
    feature: str,
    value: str | float,
    trained: tuple[RunSettings, Preparation, ModelName, Arrays],
) -> Floats:
    """Return the probability of each row's label if the feature had this value, shape (rows,)."""
    settings, preparation, name, arrays = trained
    guessed = records.table.assign(**{feature: value})
    # What is derived from the feature would give it away.
    table = with_derived(contract, guessed.astype({feature: records.table[feature].dtype}))
    guessed_rows = Records(table, records.labels)
    found = probabilities(guessed_rows, settings, preparation, name, arrays)
    candidates = contract.membership(list(records.labels))
    right: Floats = np.where(candidates, found, 0.0).sum(axis=1)
    return right


def frequencies(contract: Contract, parts: Sequence[Records], feature: str) -> Floats:
    """Return how frequent each value of a feature is where it is known, shape (values,)."""
    rows = np.zeros(len(values_of(contract, feature)))
    for records in parts:
        rows += np.bincount(where_known(contract, records, feature)[1], minlength=len(rows))
    shares: Floats = rows / max(1.0, rows.sum())
    return shares
