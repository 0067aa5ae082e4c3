"""The shared models beside others on the same held-out rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from client.small_cells.pairs import told_pairs
from client.training.model_of_run import model_of
from shared.contract import Contract
from shared.metrics.paired_counts import Counts, compared_classes, count_pairs
from shared.models.base import Arrays
from shared.preparation import Preparation
from shared.records import Records
from shared.run_settings import ModelName, RunSettings


@dataclass(frozen=True)
class Trained:
    """Models of one run, or of one hospital alone."""

    settings: RunSettings
    preparation: Preparation
    arrays: Mapping[ModelName, Arrays]

    def is_right(
        self, name: ModelName, contract: Contract, records: Records
    ) -> npt.NDArray[np.bool_]:
        """Return whether the most probable class is one that the label stands for, shape (rows,).

        A row labelled "disease, grade unknown" is met by any grade.
        """
        model = model_of(name, self.settings, self.preparation)
        model.check_arrays(self.arrays[name])
        features = self.preparation.preprocessor.transform(
            records.table, keep_missing=model.keeps_missing
        )
        said = model.predict(self.arrays[name], features).argmax(axis=1)
        candidates = contract.membership(list(records.labels))
        right: npt.NDArray[np.bool_] = candidates[np.arange(len(said)), said]
        return right


def compare(
    seed: int,
    contract: Contract,
    held_out: Records,
    shared: Trained,
    other: Trained,
    smallest: int = 1,
) -> dict[ModelName, Counts]:
    """Count, for each shared kind, how often the other and the shared model are right.

    Parameters
    ----------
    seed : int
        The draws of rows follow from it: whoever knows it could solve for single rows.
    smallest : int
        Rows of the smallest cell that is told.
    """
    classes = compared_classes(np.array(shared.preparation.class_frequencies))
    members = np.column_stack([held_out.labels == contract.leaves[each] for each in classes])
    replicates = shared.settings.review.replicates
    found = {}
    for kind, rival in rivals(shared, other).items():
        first = other.is_right(rival, contract, held_out)
        second = shared.is_right(kind, contract, held_out)
        if smallest == 1:
            found[kind] = count_pairs(first, second, members, replicates, seed)
        else:
            found[kind] = told_pairs(first, second, members, replicates, seed, smallest)
    return found


def rivals(shared: Trained, other: Trained) -> dict[ModelName, ModelName]:
    """Return what each kind is compared with: its like, or the only model there is."""
    if len(other.arrays) == 1:
        return dict.fromkeys(shared.arrays, next(iter(other.arrays)))
    return {kind: kind for kind in shared.arrays if kind in other.arrays}
