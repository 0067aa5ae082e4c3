"""XGBoost trees, grown at hospitals from the shared model's margins and merged by size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import xgboost

from shared.errors import BundleError
from shared.models.base import Arrays, ModelKind, TrainingRequest, TrainingStep
from shared.models.histogram_boosting.objective import class_probabilities
from shared.models.histogram_boosting.pooled import boost
from shared.models.safetensors_file import arrays_from_file, arrays_to_file
from shared.models.settings import BoostedTreesSettings
from shared.models.training_data import Matrix, Probabilities, TrainingData
from shared.models.tree_arrays import (
    LEAF,
    LEFT,
    THRESHOLD,
    TREE_SIZES,
    check_trees,
    concatenate_trees,
    no_trees,
)
from shared.models.xgboost_format import DEFAULT_LEFT, arrays_of, booster_of

FILE = "model.safetensors"
# For people with stock XGBoost; Juntos itself never parses it.
XGBOOST_FILE = "model.ubj"
# Far above what boosting adds, far below what makes numbers overflow.
LARGEST_LEAF = 1e4
Margins = npt.NDArray[np.float32]


class BoostedTrees(ModelKind[BoostedTreesSettings]):
    """Gradient boosting; the arrays of `tree_arrays` with XGBoost's default directions.

    Two classes have one tree per iteration, more have one per class, in the order of the classes.
    """

    name = "boosted_trees"
    _built: tuple[Arrays, xgboost.Booster] | None = None

    @property
    def groups(self) -> int:
        """Trees per boosting iteration."""
        return 1 if self.classes == 2 else self.classes

    @property
    def keeps_missing(self) -> bool:
        """Each split of common trees learns where missing values go."""
        return self.settings.keeps_missing

    def initial_arrays(self) -> Arrays:
        """Return a model without trees: every class is as probable."""
        return {**no_trees(), DEFAULT_LEFT: np.zeros(0, dtype=np.uint8)}

    def train(self, arrays: Arrays, data: TrainingData, request: TrainingRequest) -> TrainingStep:
        """Grow the round's trees on top of the shared model; only the new trees are returned."""
        seed = [self.seed, request.hospital_seed, request.round_number]
        return self._grow(arrays, data, self.settings.trees_per_round, seed)

    def train_alone(self, data: TrainingData, *, hospital_seed: int) -> Arrays:
        """Grow as many iterations as all rounds together."""
        if self.settings.method == "histograms":
            data.require_rows()
            return boost(data, self.settings, self.groups, self.seed, self.initial_arrays())
        iterations = self.settings.iterations
        seed = [self.seed, hospital_seed, 0]
        return self._grow(self.initial_arrays(), data, iterations, seed).arrays

    def predict(self, arrays: Arrays, features: Matrix) -> Probabilities:
        """Return class probabilities."""
        if not len(features):
            return np.zeros((0, self.classes))
        booster = self._booster(arrays)
        answers = booster.predict(xgboost.DMatrix(features, nthread=1)).astype(np.float64)
        if self.classes == 2:
            answers = np.column_stack([1 - answers, answers])
        normalised: Probabilities = answers / answers.sum(axis=1, keepdims=True)
        return normalised

    def margins(self, arrays: Arrays, features: Matrix) -> Margins:
        """Return scores before the link function, shape (rows, groups)."""
        if not len(arrays[TREE_SIZES]) or not len(features):
            return np.zeros((len(features), self.groups), dtype=np.float32)
        booster = self._booster(arrays)
        scores: Margins = booster.predict(xgboost.DMatrix(features, nthread=1), output_margin=True)
        return scores.reshape(len(features), self.groups)

    def to_files(self, arrays: Arrays) -> dict[str, bytes]:
        """Return a safetensors file, and XGBoost's own UBJ file, which any XGBoost loads."""
        stock = bytes(self._booster(arrays).save_raw("ubj"))
        return {**arrays_to_file(FILE, arrays), XGBOOST_FILE: stock}

    def from_files(self, files: Mapping[str, bytes]) -> Arrays:
        """Read and check the safetensors file."""
        if set(files) != {FILE, XGBOOST_FILE}:
            raise BundleError(f"Expected the model in {FILE} and {XGBOOST_FILE}.")
        arrays = arrays_from_file(FILE, {FILE: files[FILE]})
        self.check_arrays(arrays)
        return arrays

    def check_arrays(self, arrays: Arrays) -> None:
        """Refuse trees that are unsound or do not belong to this model's classes."""
        check_trees(arrays, set(self.initial_arrays()), self.columns)
        directions = arrays[DEFAULT_LEFT]
        if len(directions) != len(arrays[LEFT]) or not np.isin(directions, (0, 1)).all():
            raise BundleError("The trees' default directions are malformed.")
        if (np.abs(arrays[THRESHOLD][arrays[LEFT] == LEAF]) > LARGEST_LEAF).any():
            raise BundleError(f"A leaf of the trees adds more than {LARGEST_LEAF:g}.")
        if len(arrays[TREE_SIZES]) % self.groups:
            raise BundleError("The trees do not divide evenly over the classes.")

    def check_update(self, arrays: Arrays) -> None:
        """Refuse anything but one round's trees."""
        self.check_arrays(arrays)
        expected = self.settings.trees_per_round * self.groups
        if len(arrays[TREE_SIZES]) != expected:
            raise BundleError(f"Expected {expected} trees, got {len(arrays[TREE_SIZES])}.")

    def _booster(self, arrays: Arrays) -> xgboost.Booster:
        """Return the stock model of the arrays; that of the last ones asked for is kept."""
        if self._built is None or self._built[0] is not arrays:
            self._built = (arrays, booster_of(arrays, self.columns, self.groups))
        return self._built[1]

    def _grow(
        self, arrays: Arrays, data: TrainingData, iterations: int, seed: list[int]
    ) -> TrainingStep:
        data.require_rows()
        rows = xgboost.DMatrix(
            data.features,
            label=data.candidate_shares().argmax(axis=1),
            weight=data.row_weights,
            base_margin=self.margins(arrays, data.features).squeeze(),
            nthread=1,
        )
        ambiguous = bool((data.candidates.sum(axis=1) > 1).any())
        booster = xgboost.train(
            self._parameters(seed),
            rows,
            num_boost_round=iterations,
            obj=partial_label_objective(data) if ambiguous else None,
        )
        new = arrays_of(booster)
        margins = booster.predict(rows, output_margin=True).reshape(len(data), self.groups)
        return TrainingStep(new, partial_label_loss(margins, data))

    def _parameters(self, seed: list[int]) -> dict[str, Any]:
        objective: dict[str, Any] = (
            {"objective": "binary:logistic", "base_score": 0.5}
            if self.classes == 2
            else {"objective": "multi:softprob", "num_class": self.classes, "base_score": 0.0}
        )
        return {
            **objective,
            "eta": self.settings.learning_rate,
            "max_depth": self.settings.maximum_depth,
            "min_child_weight": self.settings.minimum_child_weight,
            "lambda": self.settings.l2_regularisation,
            "subsample": self.settings.row_share,
            "colsample_bytree": self.settings.column_share,
            "tree_method": "hist",
            # One thread: the same digits everywhere, and faster on a few hundred rows.
            "nthread": 1,
            "seed": int(np.random.SeedSequence(seed).generate_state(1)[0] % 2**31),
            "disable_default_eval_metric": True,
        }


def merge_rounds(current: Arrays, parts: Sequence[tuple[Arrays, float]]) -> Arrays:
    """Add hospitals' new trees to the shared model, each scaled by the hospital's weight.

    The merged model's margin is the shared model's plus the weighted mean of what each hospital
    would have added. Correct for any number of classes, since every hospital's trees come in whole
    iterations.

    Parameters
    ----------
    parts : sequence of (Arrays, float)
        New trees and rows of each hospital.
    """
    total = sum(weight for _, weight in parts)
    scaled = [scale_leaves(trees, weight / total) for trees, weight in parts]
    return concatenate_trees([current, *scaled])


def scale_leaves(arrays: Arrays, factor: float) -> Arrays:
    """Multiply what each leaf adds; splits stay."""
    thresholds = np.where(arrays[LEFT] == LEAF, arrays[THRESHOLD] * factor, arrays[THRESHOLD])
    return {**arrays, THRESHOLD: thresholds}


def partial_label_loss(margins: npt.NDArray[Any], data: TrainingData) -> float:
    """Weighted mean of -log of the probability that one of a row's candidates is right."""
    right = (class_probabilities(margins) * data.candidates).sum(axis=1)
    weights = data.row_weights
    return float((weights * -np.log(np.maximum(right, 1e-12))).sum() / weights.sum())


def partial_label_objective(data: TrainingData) -> Any:  # noqa: ANN401 - XGBoost's own signature
    """Return gradient and hessian of `partial_label_loss` for XGBoost.

    With p the class probabilities and S a row's candidates, the gradient of class k is
    ``p_k - p_k [k in S] / sum_S p``; the hessian is XGBoost's own bound ``2 p_k (1 - p_k)``.
    """
    weights = data.row_weights[:, None]

    def objective(
        margins: npt.NDArray[np.float32], _rows: xgboost.DMatrix
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        binary = margins.ndim == 1
        probabilities = class_probabilities(margins[:, None] if binary else margins)
        masked = probabilities * data.candidates
        posterior = masked / np.maximum(masked.sum(axis=1, keepdims=True), 1e-12)
        gradient = weights * (probabilities - posterior)
        if binary:
            hessian = weights * probabilities * (1 - probabilities)
            return gradient[:, 1], np.maximum(hessian[:, 1], 1e-6)
        hessian = 2 * weights * probabilities * (1 - probabilities)
        return gradient, np.maximum(hessian, 1e-6)

    return objective
