"""How much each column of what a model sees speaks for a class, by the kind of model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from client.serving.explaining.background import background
from client.serving.explaining.network_gradients import integrated_gradients
from client.serving.explaining.tree_paths import Floats, TreePaths, covers, paths_of
from client.serving.explaining.tree_shap import shapley_values
from client.serving.reading import ServedParts
from shared.errors import BundleError
from shared.models import create_model
from shared.models.base import Arrays
from shared.models.neural_network import NeuralNetwork
from shared.models.random_forest import CLASS_SHARES, TREE_WEIGHTS
from shared.models.safetensors_file import arrays_from_file
from shared.models.training_data import Matrix
from shared.models.tree_arrays import (
    DEFAULT_LEFT,
    LEFT,
    THRESHOLD,
    TREE_SIZES,
    check_trees,
    no_trees,
)

FILE = "model.safetensors"
Row = npt.NDArray[np.float32]


class Weigher(Protocol):
    """Weighs columns for one model."""

    @property
    def scale(self) -> str:
        """What weights add up to."""

    def weigh(self, row: Row, class_index: int) -> tuple[Floats, float]:
        """Return what each column adds to a class's score, and the score of nobody."""


@dataclass(frozen=True)
class TreeWeigher:
    """For boosted trees, and for forests.

    Attributes
    ----------
    paths : TreePaths
    values : array of shape (leaves, scores)
        What each leaf adds to each score.
    strict : bool
        As of `shapley_values`.
    margin_of_second : bool
        Whether the one score is that of the second class, and speaks against the first.
    """

    scale: str
    paths: TreePaths
    values: Floats
    strict: bool
    margin_of_second: bool

    def weigh(self, row: Row, class_index: int) -> tuple[Floats, float]:
        """Return what each column adds to a class's score, and the score of nobody."""
        sign = 1.0
        if self.margin_of_second:
            sign, class_index = (1.0 if class_index else -1.0), 0
        values = self.values[:, class_index]
        used = values != 0
        found, nobody = shapley_values(self.paths.take(used), values[used], row, strict=self.strict)
        return sign * found, sign * nobody


@dataclass(frozen=True)
class NetworkWeigher:
    """For neural networks."""

    scale: str
    model: NeuralNetwork
    arrays: Arrays
    nobody: Floats

    def weigh(self, row: Row, class_index: int) -> tuple[Floats, float]:
        """Return what each column adds to a class's log-odds, and those of nobody."""
        return integrated_gradients(
            self.model.layers, self.arrays, row.astype(np.float64), self.nobody, class_index
        )


def weigher_of(parts: ServedParts) -> Weigher:
    """Read the learned arrays, and prepare what explains answers.

    Raises
    ------
    BundleError
        When they are not of the kind that the bundle says.
    """
    rows = background(
        parts.contract,
        parts.summary,
        parts.preparation.preprocessor,
        keep_missing=parts.keeps_missing,
    )
    if parts.manifest.model == "boosted_trees":
        return _of_boosting(parts, rows)
    model = create_model(
        parts.manifest.model,
        parts.settings.of_model(parts.manifest.model),
        parts.preparation.columns,
        parts.preparation.classes,
        parts.settings.seed,
        parts.preparation.preprocessor.blocks(),
    )
    arrays = model.from_files(parts.model_files)
    if isinstance(model, NeuralNetwork):
        return NetworkWeigher("log-odds", model, arrays, rows.mean(axis=0, dtype=np.float64))
    paths = paths_of(arrays, covers(arrays, rows))
    weights = arrays[TREE_WEIGHTS][paths.trees]
    values = arrays[CLASS_SHARES][paths.leaves] * weights[:, None]
    return TreeWeigher("class share", paths, values, strict=False, margin_of_second=False)


def _of_boosting(parts: ServedParts, rows: Matrix) -> TreeWeigher:
    """Prepare boosted trees; XGBoost itself is not needed for it."""
    if FILE not in parts.model_files:
        raise BundleError(f"The bundle has no {FILE}.")
    arrays = arrays_from_file(FILE, {FILE: parts.model_files[FILE]})
    check_trees(arrays, {*no_trees(), DEFAULT_LEFT}, parts.preparation.columns)
    classes = parts.preparation.classes
    groups = 1 if classes == 2 else classes
    if len(arrays[DEFAULT_LEFT]) != len(arrays[LEFT]) or len(arrays[TREE_SIZES]) % groups:
        raise BundleError("The trees of this bundle do not fit its classes.")
    paths = paths_of(arrays, covers(arrays, rows))
    values = np.zeros((len(paths.leaves), groups))
    values[np.arange(len(values)), paths.trees % groups] = arrays[THRESHOLD][paths.leaves]
    return TreeWeigher("margin", paths, values, strict=True, margin_of_second=groups == 1)
