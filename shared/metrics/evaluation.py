"""One model on held-out rows, at every level of the classes that can be scored."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce

import numpy as np
import numpy.typing as npt

from shared.contract import Contract
from shared.metrics.counts import LevelCounts, count
from shared.metrics.scores import Scores, score
from shared.models.training_data import Probabilities
from shared.records import Records
from shared.settings_file import StrictModel


class Evaluation(StrictModel):
    """Mergeable counts of one model.

    Attributes
    ----------
    finest : LevelCounts
        Over the rows labelled with a leaf.
    group : LevelCounts
        Over all rows: the coarsest classes, which a row labelled "grade unknown" can score too.
    """

    finest: LevelCounts
    group: LevelCounts

    def merge(self, other: Evaluation) -> Evaluation:
        """Return the evaluation over both hospitals' rows."""
        return Evaluation(
            finest=self.finest.merge(other.finest), group=self.group.merge(other.group)
        )

    def scores(self) -> dict[str, Scores]:
        """Return the figures of both levels."""
        return {"finest": score(self.finest), "group": score(self.group)}


def evaluate(
    contract: Contract,
    records: Records,
    probabilities: Probabilities,
    answers: npt.NDArray[np.intp] | None = None,
) -> Evaluation:
    """Count predictions against the labels.

    Parameters
    ----------
    probabilities : array of shape (rows, leaves of the contract)
    answers : array of shape (rows,), optional
        Leaf that each row is answered with; the most probable without it.
    """
    leaves, groups = contract.leaves, contract.groups
    is_leaf = np.isin(records.labels.astype(str), leaves)
    leaf_truth = [leaves.index(label) for label in records.labels[is_leaf]]
    group_truth = [groups.index(contract.group_of(label)) for label in records.labels]
    group_probabilities = probabilities @ contract.membership(groups).T
    return Evaluation(
        finest=count(
            leaves,
            np.array(leaf_truth, dtype=np.intp),
            probabilities[is_leaf],
            None if answers is None else answers[is_leaf],
        ),
        group=count(groups, np.array(group_truth, dtype=np.intp), group_probabilities),
    )


def merge_evaluations(evaluations: Iterable[Evaluation]) -> Evaluation:
    """Merge any number of evaluations, at least one."""
    return reduce(Evaluation.merge, evaluations)
