"""Between trees as plain arrays and XGBoost's own model."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import xgboost

from shared.errors import BundleError
from shared.models.base import Arrays
from shared.models.tree_arrays import DEFAULT_LEFT as DEFAULT_LEFT
from shared.models.tree_arrays import FEATURE, LEAF, LEFT, RIGHT, THRESHOLD, TREE_SIZES, offsets

NO_PARENT = 2147483647


def booster_of(arrays: Arrays, columns: int, groups: int) -> xgboost.Booster:
    """Return a stock XGBoost model of the trees.

    Statistics that inference does not need (hessian sums, gains) are zero: they tell how many
    patients reached a node.

    Parameters
    ----------
    groups : int
        Trees per boosting iteration: one for two classes, else one per class.
    """
    trees = [
        tree_as_json(arrays, index, start, columns) for index, start in enumerate(offsets(arrays))
    ]
    booster = xgboost.Booster({"nthread": 1})
    booster.load_model(bytearray(json.dumps(model_as_json(trees, columns, groups)).encode()))
    return booster


def model_as_json(trees: list[dict[str, Any]], columns: int, groups: int) -> dict[str, Any]:
    """Return XGBoost's JSON model around the trees."""
    multiple = groups > 1
    objective: dict[str, Any] = (
        {"name": "multi:softprob", "softmax_multiclass_param": {"num_class": str(groups)}}
        if multiple
        else {"name": "binary:logistic", "reg_loss_param": {"scale_pos_weight": "1"}}
    )
    base = ",".join(["0E0"] * groups) if multiple else "5E-1"
    model = {
        "gbtree_model_param": {"num_parallel_tree": "1", "num_trees": str(len(trees))},
        "cats": {"enc": [], "feature_segments": [], "sorted_idx": []},
        "iteration_indptr": list(range(0, len(trees) + 1, groups)),
        "tree_info": [index % groups for index in range(len(trees))],
        "trees": trees,
    }
    return {
        "version": [3, 2, 0],
        "learner": {
            "attributes": {},
            "feature_names": [],
            "feature_types": [],
            "gradient_booster": {"name": "gbtree", "model": model},
            "learner_model_param": {
                "base_score": f"[{base}]",
                "boost_from_average": "0",
                "num_class": str(groups if multiple else 0),
                "num_feature": str(columns),
                "num_target": "1",
            },
            "objective": objective,
        },
    }


def tree_as_json(arrays: Arrays, index: int, start: int, columns: int) -> dict[str, Any]:
    """Return one tree in XGBoost's JSON."""
    size = int(arrays[TREE_SIZES][index])
    part = slice(start, start + size)
    left, right = arrays[LEFT][part], arrays[RIGHT][part]
    thresholds = arrays[THRESHOLD][part].astype(float)
    parents = np.full(size, NO_PARENT)
    inner = np.flatnonzero(left != LEAF)
    parents[left[inner]] = inner
    parents[right[inner]] = inner
    zeros = [0] * size
    return {
        "id": index,
        "base_weights": np.where(left == LEAF, thresholds, 0.0).tolist(),
        "categories": [],
        "categories_nodes": [],
        "categories_segments": [],
        "categories_sizes": [],
        "default_left": arrays[DEFAULT_LEFT][part].astype(int).tolist(),
        "left_children": left.tolist(),
        "right_children": right.tolist(),
        "loss_changes": [0.0] * size,
        "parents": parents.tolist(),
        "split_conditions": thresholds.tolist(),
        "split_indices": arrays[FEATURE][part].tolist(),
        "split_type": zeros,
        "sum_hessian": [0.0] * size,
        "tree_param": {
            "num_deleted": "0",
            "num_feature": str(columns),
            "num_nodes": str(size),
            "size_leaf_vector": "1",
        },
    }


def arrays_of(booster: xgboost.Booster) -> Arrays:
    """Return the trees of a stock XGBoost model as plain arrays.

    Raises
    ------
    BundleError
        When the model holds something else than plain numeric trees.
    """
    model = json.loads(booster.save_raw("json"))
    try:
        trees = model["learner"]["gradient_booster"]["model"]["trees"]
        return trees_from_json(trees)
    except (KeyError, TypeError, ValueError):
        raise BundleError("The XGBoost model holds something else than numeric trees.") from None


def trees_from_json(trees: list[Mapping[str, Any]]) -> Arrays:
    """Return the arrays of trees in XGBoost's JSON; all statistics are left behind."""
    if any(any(tree["split_type"]) or tree["categories"] for tree in trees):
        raise ValueError("categorical splits")

    def joined(key: str, kind: type[np.generic]) -> np.ndarray:
        parts = [np.array(tree[key], dtype=kind) for tree in trees]
        return np.concatenate(parts) if parts else np.zeros(0, dtype=kind)

    return {
        TREE_SIZES: np.array([len(tree["left_children"]) for tree in trees], dtype=np.int32),
        LEFT: joined("left_children", np.int32),
        RIGHT: joined("right_children", np.int32),
        FEATURE: joined("split_indices", np.int32),
        THRESHOLD: joined("split_conditions", np.float32).astype(np.float64),
        DEFAULT_LEFT: joined("default_left", np.uint8),
    }
