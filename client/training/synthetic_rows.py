"""Synthetic training rows of a hospital's rare classes, made from its own records.

Numbers, flags and codes come from SMOTE-NC, or SMOTE-N and SMOTE where all columns are of one kind
(Chawla et al. 2002; imbalanced-learn). Whether a value is missing is a code of its own, so that a
measurement that this class's patients rarely had stays rare. Sets of terms and notes come from
parents drawn from the class: nothing lies "between" two diagnoses' findings.

Every synthetic row speaks of real patients: privacy must count it to all of its class.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
import numpy.typing as npt
import pandas as pd

from client.training.plain_columns import PlainColumns
from shared.augmentation_settings import AugmentationSettings
from shared.contract import Contract, TermsFeature, TextFeature
from shared.models.base import derive_seed
from shared.records import Records, concatenate, with_derived


def synthetic_rows(
    contract: Contract, records: Records, settings: AugmentationSettings, seed: int
) -> Records:
    """Make the synthetic rows that settings ask for; none where nothing is to be made.

    Parameters
    ----------
    records : Records
        Training rows of one hospital. Labels coarser than a leaf are not added to: nobody knows
        which class such a row is of.

    Returns
    -------
    Records
        The synthetic rows alone, within the contract's ranges and codes.
    """
    parts = [records.take(np.empty(0, dtype=np.intp))]
    for position, (label, rows) in enumerate(missing_rows(contract, records, settings).items()):
        own = np.flatnonzero(records.labels == label)
        generator = np.random.default_rng(derive_seed(seed, position))
        parts.append(_of_class(contract, records, own, rows, settings, generator))
    return concatenate(parts)


def missing_rows(
    contract: Contract, records: Records, settings: AugmentationSettings
) -> dict[str, int]:
    """Return how many rows each leaf lacks at this hospital, in the contract's order."""
    if settings.method == "none":
        return {}
    counts = Counter(records.labels)
    present = {leaf: counts[leaf] for leaf in contract.leaves if counts[leaf]}
    most = max(present.values(), default=0)
    wanted = {
        label: int(min(settings.minority_share * most, settings.maximum_factor * rows)) - rows
        for label, rows in present.items()
        if rows >= settings.minimum_rows
    }
    return {label: rows for label, rows in wanted.items() if rows > 0}


def _of_class(
    contract: Contract,
    records: Records,
    own: npt.NDArray[np.intp],
    rows: int,
    settings: AugmentationSettings,
    generator: np.random.Generator,
) -> Records:
    label = records.labels[own[0]]
    plain = PlainColumns(contract, records.table)
    made = plain.between(records.labels == label, rows, settings.neighbours, generator)
    table = pd.DataFrame(index=range(rows))
    for name, feature in contract.features.items():
        source = records.table[name].to_numpy()[own]
        parents = generator.integers(len(own), size=(rows, 2))
        if isinstance(feature, TermsFeature):
            table[name] = _column([_recombined(source[pair], generator) for pair in parents])
        elif isinstance(feature, TextFeature):
            table[name] = _column([source[first] for first, _ in parents])
        else:
            table[name] = made[name]
    # What is derived must follow from the invented values, not from those of the parents.
    made_of = with_derived(contract, table[list(records.table.columns)])
    return Records(made_of, np.full(rows, label, dtype=object))


def _recombined(
    parents: npt.NDArray[np.object_], generator: np.random.Generator
) -> tuple[str, ...]:
    """Keep terms of both parents, and each term of only one of them with even chance."""
    first, second = (dict.fromkeys(terms) for terms in parents)
    return tuple(
        term
        for term in (first | second)
        if (term in first and term in second) or generator.random() < 0.5
    )


def _column(values: list[object]) -> npt.NDArray[np.object_]:
    # NumPy would make a table of tuples of one length.
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column
