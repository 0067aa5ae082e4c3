"""Kinds of model by name; each is imported only when asked for."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from shared.column_blocks import ColumnBlock
from shared.errors import SettingsError
from shared.models.base import ModelKind
from shared.settings_file import StrictModel

# Module and class of each kind: a hospital that serves trees should not import torch.
KINDS = {
    "neural_network": ("shared.models.neural_network", "NeuralNetwork"),
    "boosted_trees": ("shared.models.boosted_trees", "BoostedTrees"),
    "random_forest": ("shared.models.random_forest", "RandomForest"),
}


def create_model(
    name: str,
    settings: StrictModel,
    columns: int,
    classes: int,
    seed: int,
    blocks: Sequence[ColumnBlock] = (),
) -> ModelKind[Any]:
    """Return a kind of model in the shape of a task.

    Parameters
    ----------
    name : str
        One of ``neural_network``, ``boosted_trees`` and ``random_forest``.
    settings : StrictModel
        Settings of that kind.
    columns, classes : int
        Columns of the preprocessed matrix; classes to tell apart, at least two.
    seed : int
        The run's seed, the same at every hospital.
    blocks : sequence of ColumnBlock
        Which columns belong together, for kinds that treat them so.

    Raises
    ------
    SettingsError
        When there is no kind of that name, or the task has fewer than two classes or no column.
    """
    if name not in KINDS:
        raise SettingsError(f"There is no model kind {name!r}.", f"Known: {', '.join(KINDS)}.")
    if classes < 2 or columns < 1:
        raise SettingsError(
            f"A model needs at least two classes and one column, not {classes} and {columns}.",
            "Widen the task's classes or features.",
        )
    module, kind = KINDS[name]
    model: ModelKind[Any] = getattr(import_module(module), kind)(
        settings, columns, classes, seed, blocks
    )
    return model
