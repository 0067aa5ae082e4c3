"""A random forest as ONNX."""

from __future__ import annotations

import numpy as np

from shared.models.base import Arrays
from shared.models.random_forest import CLASS_SHARES, TREE_WEIGHTS, RandomForest
from shared.models.tree_arrays import TREE_SIZES
from shared.onnx_export.parts import INPUT, OUTPUT, GraphParts
from shared.onnx_export.tree_attributes import (
    leaf_attributes,
    leaves_of,
    node_attributes,
    rounded_down,
    thresholds_of,
)


def forest_graph(model: RandomForest, arrays: Arrays) -> GraphParts:
    """Return the weighted sum of the leaves' class shares, as shares."""
    parts = GraphParts()
    leaves = leaves_of(arrays)
    weights = np.repeat(arrays[TREE_WEIGHTS], arrays[TREE_SIZES])[leaves]
    shares = arrays[CLASS_SHARES][leaves].astype(np.float64) * weights[:, None]
    there = shares != 0
    position, classes = np.nonzero(there)
    scores = parts.node(
        "TreeEnsembleRegressor",
        [INPUT],
        "scores",
        "ai.onnx.ml",
        n_targets=model.classes,
        post_transform="NONE",
        **node_attributes(arrays, rounded_down(thresholds_of(arrays)), "BRANCH_LEQ"),
        **leaf_attributes(arrays, leaves[position], classes, shares[there].astype(np.float32)),
    )
    axis = parts.constant("axis", np.array([1], dtype=np.int64))
    total = parts.node("ReduceSum", [scores, axis], "total", keepdims=1)
    parts.node("Div", [scores, total], OUTPUT)
    return parts
