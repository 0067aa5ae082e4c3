"""Boosted trees as ONNX."""

from __future__ import annotations

import numpy as np

from shared.models.base import Arrays
from shared.models.boosted_trees import BoostedTrees
from shared.models.tree_arrays import TREE_SIZES
from shared.models.xgboost_format import DEFAULT_LEFT
from shared.onnx_export.parts import INPUT, OUTPUT, GraphParts
from shared.onnx_export.tree_attributes import (
    leaf_attributes,
    leaves_of,
    node_attributes,
    thresholds_of,
)


def boosting_graph(model: BoostedTrees, arrays: Arrays) -> GraphParts:
    """Return the sum of the leaves, then a softmax, or a sigmoid for two classes."""
    parts = GraphParts()
    leaves = leaves_of(arrays)
    values = thresholds_of(arrays).astype(np.float32)
    trees = np.repeat(np.arange(len(arrays[TREE_SIZES])), arrays[TREE_SIZES])
    margins = parts.node(
        "TreeEnsembleRegressor",
        [INPUT],
        "margins",
        "ai.onnx.ml",
        n_targets=model.groups,
        post_transform="NONE",
        **node_attributes(arrays, values, "BRANCH_LT", arrays[DEFAULT_LEFT].astype(np.bool_)),
        **leaf_attributes(arrays, leaves, trees[leaves] % model.groups, values[leaves]),
    )
    if model.groups > 1:
        parts.node("Softmax", [margins], OUTPUT, axis=1)
        return parts
    second = parts.node("Sigmoid", [margins], "second")
    one = parts.constant("one", np.array(1, dtype=np.float32))
    parts.node("Concat", [parts.node("Sub", [one, second], "first"), second], OUTPUT, axis=1)
    return parts
