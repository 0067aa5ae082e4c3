"""An additive model and a step's cuts on the wire."""

from __future__ import annotations

import numpy as np

from shared.errors import JuntosError
from shared.models.additive_trees.grid import ColumnGrids
from shared.models.additive_trees.stumps import AdditiveModel, StumpStep
from shared.models.base import Arrays

INTERCEPT = "intercept"
VALUES = "values"
CUTS = "cuts"
CENTRES = "centres"


def to_arrays(model: AdditiveModel, step: StumpStep) -> Arrays:
    """Write for the wire."""
    return {
        INTERCEPT: model.intercept,
        VALUES: model.values,
        CUTS: step.cuts.astype(np.int32),
        CENTRES: step.centres,
    }


def read_model(arrays: Arrays, grids: ColumnGrids, classes: int) -> AdditiveModel:
    """Read a model from the wire.

    Raises
    ------
    JuntosError
        When it does not fit the columns and classes.
    """
    groups = 1 if classes == 2 else classes
    columns = len(grids.edges)
    shapes = {INTERCEPT: (groups,), VALUES: (columns, grids.bins, groups)}
    _check(arrays, shapes)
    return AdditiveModel(arrays[INTERCEPT], arrays[VALUES])


def read_step(arrays: Arrays, grids: ColumnGrids) -> StumpStep:
    """Read a step from the wire.

    Raises
    ------
    JuntosError
        When it does not fit the columns.
    """
    columns = len(grids.edges)
    _check(arrays, {CENTRES: (columns,)})
    cuts = arrays.get(CUTS)
    if cuts is None or cuts.shape != (columns,) or cuts.dtype != np.int32:
        raise JuntosError("a step of boosting without cuts of these columns")
    if (cuts < 0).any() or (cuts >= grids.bins - 1).any():
        raise JuntosError("a step of boosting that cuts where there is no bin")
    if (arrays[CENTRES] < 0).any() or (arrays[CENTRES] > 1).any():
        raise JuntosError("a step of boosting whose centres are no shares")
    return StumpStep(cuts.astype(np.intp), arrays[CENTRES])


def _check(arrays: Arrays, shapes: dict[str, tuple[int, ...]]) -> None:
    for name, shape in shapes.items():
        array = arrays.get(name)
        if array is None or array.shape != shape or array.dtype != np.float64:
            raise JuntosError(f"a model of boosting whose {name} have another shape or type")
        if not np.isfinite(array).all():
            raise JuntosError(f"a model of boosting whose {name} are not finite")
