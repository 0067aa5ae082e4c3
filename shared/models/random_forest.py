"""scikit-learn forests as plain arrays: trained at hospitals, united by size, answered by NumPy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from shared.errors import BundleError
from shared.models.base import Arrays, ModelKind, TrainingRequest, TrainingStep
from shared.models.safetensors_file import arrays_from_file, arrays_to_file
from shared.models.settings import RandomForestSettings
from shared.models.training_data import Matrix, Probabilities, TrainingData
from shared.models.tree_arrays import (
    FEATURE,
    LEAF,
    LEFT,
    RIGHT,
    THRESHOLD,
    TREE_SIZES,
    check_trees,
    concatenate_trees,
    no_trees,
    offsets,
)

FILE = "model.safetensors"
CLASS_SHARES = "class_shares"
TREE_WEIGHTS = "tree_weights"
# Rows answered at once, so that memory stays bounded for large tables.
ROWS_AT_ONCE = 1024
LEAF_BITS = 30


class RandomForest(ModelKind[RandomForestSettings]):
    """A weighted union of trees; the arrays of `tree_arrays` with two more.

    ``class_shares`` of shape (nodes, classes): of each leaf, zero elsewhere. ``tree_weights`` of
    shape (trees,): they sum to one.
    """

    name = "random_forest"

    def initial_arrays(self) -> Arrays:
        """Return a forest without trees."""
        return {
            **no_trees(),
            CLASS_SHARES: np.zeros((0, self.classes), dtype=np.float32),
            TREE_WEIGHTS: np.zeros(0, dtype=np.float64),
        }

    def train(
        self,
        arrays: Arrays,  # noqa: ARG002 - a forest has one round and starts from nothing
        data: TrainingData,
        request: TrainingRequest,
    ) -> TrainingStep:
        """Grow the hospital's forest."""
        forest = self.train_alone(data, hospital_seed=request.hospital_seed)
        loss = data.loss(self.predict(forest, data.features))
        return TrainingStep(forest, loss)

    def train_alone(self, data: TrainingData, *, hospital_seed: int) -> Arrays:
        """Grow a forest on one data set.

        A row with several candidate classes counts for each by its federated frequency.
        """
        from sklearn.ensemble import RandomForestClassifier

        data.require_rows()
        seed = np.random.SeedSequence([self.seed, hospital_seed]).generate_state(1)[0]
        shares = data.candidate_shares() * data.class_weights
        rows, classes = np.nonzero(shares)
        forest = RandomForestClassifier(
            n_estimators=self.settings.trees,
            max_depth=self.settings.maximum_depth,
            min_samples_leaf=self.settings.minimum_leaf_rows,
            max_features=self.settings.column_share,
            random_state=int(seed % 2**31),
            n_jobs=1,
        )
        forest.fit(data.features[rows], classes, sample_weight=shares[rows, classes])
        trees = [estimator.tree_ for estimator in forest.estimators_]
        present = forest.classes_.astype(int)
        return concatenate_trees(
            [self._tree_arrays(tree, present, 1 / len(trees)) for tree in trees]
        )

    def _tree_arrays(self, tree: object, present: npt.NDArray[np.intp], weight: float) -> Arrays:
        left = np.asarray(tree.children_left, dtype=np.int32)  # type: ignore[attr-defined]
        leaf = left == LEAF
        values = np.asarray(tree.value)[:, 0, :]  # type: ignore[attr-defined]
        shares = np.zeros((len(left), self.classes), dtype=np.float32)
        of_leaves = values[leaf] / values[leaf].sum(axis=1, keepdims=True)
        shares[np.flatnonzero(leaf)[:, None], present] = of_leaves
        features = np.asarray(tree.feature, dtype=np.int32)  # type: ignore[attr-defined]
        thresholds = np.asarray(tree.threshold, dtype=np.float64)  # type: ignore[attr-defined]
        return {
            TREE_SIZES: np.array([len(left)], dtype=np.int32),
            LEFT: left,
            RIGHT: np.asarray(tree.children_right, dtype=np.int32),  # type: ignore[attr-defined]
            FEATURE: np.where(leaf, 0, features).astype(np.int32),
            THRESHOLD: np.where(leaf, 0.0, thresholds),
            CLASS_SHARES: shares,
            TREE_WEIGHTS: np.array([weight]),
        }

    def predict(self, arrays: Arrays, features: Matrix) -> Probabilities:
        """Return class probabilities: the weighted mean of the leaves that a row reaches."""
        parts = [
            self._answer(arrays, features[start : start + ROWS_AT_ONCE])
            for start in range(0, len(features), ROWS_AT_ONCE)
        ]
        return np.concatenate(parts) if parts else np.zeros((0, self.classes))

    def _answer(self, arrays: Arrays, features: Matrix) -> Probabilities:
        shares = arrays[CLASS_SHARES][leaves_of(arrays, features)].astype(np.float64)
        answers = np.einsum("rtc,t->rc", shares, arrays[TREE_WEIGHTS])
        normalised: Probabilities = answers / answers.sum(axis=1, keepdims=True)
        return normalised

    def to_files(self, arrays: Arrays) -> dict[str, bytes]:
        """Return a safetensors file."""
        return arrays_to_file(FILE, arrays)

    def from_files(self, files: Mapping[str, bytes]) -> Arrays:
        """Read and check the safetensors file."""
        arrays = arrays_from_file(FILE, files)
        self.check_arrays(arrays)
        return arrays

    def check_arrays(self, arrays: Arrays) -> None:
        """Refuse trees that are unsound, or leaves that are no distribution."""
        check_trees(arrays, set(self.initial_arrays()), self.columns)
        shares, weights = arrays[CLASS_SHARES], arrays[TREE_WEIGHTS]
        if shares.shape != (len(arrays[LEFT]), self.classes) or shares.dtype.kind != "f":
            raise BundleError("The forest's leaves have another shape than its classes ask for.")
        leaves = shares[arrays[LEFT] == LEAF]
        if (leaves < 0).any() or not np.allclose(leaves.sum(axis=1), 1, atol=1e-4):
            raise BundleError("A leaf of the forest is no distribution over the classes.")
        if weights.shape != arrays[TREE_SIZES].shape or weights.dtype.kind != "f":
            raise BundleError("The forest's weights do not match its trees.")
        if (weights < 0).any() or (len(weights) and not np.isclose(weights.sum(), 1, atol=1e-6)):
            raise BundleError("The weights of the forest's trees do not sum to one.")


def unite(forests: Sequence[tuple[Arrays, float]]) -> Arrays:
    """Unite hospitals' forests, each weighing as much as its hospital has rows.

    Parameters
    ----------
    forests : sequence of (Arrays, float)
        Forest and rows of each hospital.
    """
    total = sum(weight for _, weight in forests)
    parts = [
        {**forest, TREE_WEIGHTS: forest[TREE_WEIGHTS] * (weight / total)}
        for forest, weight in forests
    ]
    return concatenate_trees(parts)


def leaves_of(arrays: Arrays, features: Matrix) -> npt.NDArray[np.int64]:
    """Return the leaf that each row reaches in each tree: its position among all nodes.

    Returns
    -------
    int64 array of shape (rows, trees)
    """
    roots = offsets(arrays)
    at = np.broadcast_to(roots, (len(features), len(roots))).copy()
    rows = np.arange(len(features))[:, None]
    while True:
        left = arrays[LEFT][at]
        inner = left != LEAF
        if not inner.any():
            break
        goes_left = features[rows, arrays[FEATURE][at]] <= arrays[THRESHOLD][at]
        child = np.where(goes_left, left, arrays[RIGHT][at])
        at = np.where(inner, roots + child, at)
    return at


def leaf_sums(arrays: Arrays, data: TrainingData, bits: int = LEAF_BITS) -> npt.NDArray[np.int64]:
    """Sum the weighted class shares of one hospital's rows in each leaf.

    Whole numbers, so that sums over hospitals do not depend on their order.

    Returns
    -------
    int64 array of shape (nodes, classes)
        In units of ``2 ** -bits``; zero for nodes that are no leaf.
    """
    shares = data.candidate_shares() * data.class_weights
    return sum_in_leaves(arrays, data, np.rint(np.ldexp(shares, bits)).astype(np.int64))


def leaf_counts(arrays: Arrays, data: TrainingData) -> npt.NDArray[np.float64]:
    """Count one hospital's rows by class in each leaf of a forest, each row as one.

    Returns
    -------
    array of shape (nodes, classes)
        Zero for nodes that are no leaf.
    """
    return sum_in_leaves(arrays, data, data.candidate_shares())


def sum_in_leaves(arrays: Arrays, data: TrainingData, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Sum a value of each row and class over the rows in each leaf.

    Parameters
    ----------
    values : array of shape (rows, classes)

    Returns
    -------
    array of shape (nodes, classes)
        Of the same type.
    """
    sums = np.zeros((len(arrays[LEFT]), values.shape[1]), dtype=values.dtype)
    for start in range(0, len(data), ROWS_AT_ONCE):
        rows = slice(start, start + ROWS_AT_ONCE)
        leaves = leaves_of(arrays, data.features[rows])
        for tree in range(leaves.shape[1]):
            np.add.at(sums, leaves[:, tree], values[rows])
    return sums


def refilled(arrays: Arrays, sums: npt.NDArray[np.int64]) -> Arrays:
    """Return the forest with each leaf's shares from the rows of all hospitals that reach it.

    A leaf that none reaches keeps what its own hospital grew it with.

    Parameters
    ----------
    sums : int64 array of shape (nodes, classes)
        Of all hospitals.
    """
    totals = sums.sum(axis=1, keepdims=True)
    found = np.divide(sums, totals, where=totals > 0, out=np.zeros(sums.shape))
    shares = np.where(totals > 0, found, arrays[CLASS_SHARES]).astype(np.float32)
    return {**arrays, CLASS_SHARES: shares}
