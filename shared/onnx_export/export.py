"""Export a model, and make sure that the export says the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from shared.errors import BundleError
from shared.models.base import Arrays, ModelKind
from shared.models.boosted_trees import BoostedTrees
from shared.models.neural_network import NeuralNetwork
from shared.models.random_forest import RandomForest
from shared.models.training_data import Matrix
from shared.onnx_export.boosting_graph import boosting_graph
from shared.onnx_export.forest_graph import forest_graph
from shared.onnx_export.network_graph import network_graph
from shared.onnx_export.parts import INPUT, OPSET, OUTPUT, TREES_OPSET, GraphParts

if TYPE_CHECKING:
    import onnx

# Of a probability; ONNX computes with 32 bits where our own code has 64.
LARGEST_DIFFERENCE = 1e-5
# What protobuf can hold in one message.
MOST_BYTES = 2**31 - 1

SMALLER = {
    "neural_network": "neural_network.hidden",
    "boosted_trees": "boosted_trees.trees_per_round or boosted_trees.maximum_depth",
    "random_forest": "random_forest.trees or random_forest.maximum_depth",
}


def export_onnx(
    model: ModelKind[Any], arrays: Arrays, sample: Matrix, *, maximum_bytes: int = MOST_BYTES
) -> bytes:
    """Write a model as ONNX: ``features`` of shape (rows, columns) in, ``probabilities`` out.

    Parameters
    ----------
    sample : array of shape (rows, columns)
        Rows that the export is compared with the model on.
    maximum_bytes : int
        The export may not be larger.

    Raises
    ------
    BundleError
        When it is larger, or differs from the model by 1e-5 or more.
    """
    content = serialised(model, graph_of(model, arrays))
    if len(content) > maximum_bytes:
        raise BundleError(
            f"The {model.name} has {len(content):,} bytes as ONNX; at most {maximum_bytes:,} are "
            "allowed.",
            f"Lower {SMALLER[model.name]}, or raise maximum_onnx_bytes.",
        )
    compare(content, model, arrays, sample)
    return content


def graph_of(model: ModelKind[Any], arrays: Arrays) -> GraphParts:
    """Return the nodes of a kind of model."""
    if isinstance(model, NeuralNetwork):
        return network_graph(model, arrays)
    if isinstance(model, BoostedTrees):
        return boosting_graph(model, arrays)
    if isinstance(model, RandomForest):
        return forest_graph(model, arrays)
    raise TypeError(model.name)


def serialised(model: ModelKind[Any], parts: GraphParts) -> bytes:
    """Put the nodes into a checked model."""
    import onnx
    from onnx import TensorProto, helper

    graph = helper.make_graph(
        parts.nodes,
        model.name,
        [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, ["rows", model.columns])],
        [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, ["rows", model.classes])],
        parts.constants,
    )
    opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid("ai.onnx.ml", TREES_OPSET)]
    made: onnx.ModelProto = helper.make_model(
        graph, producer_name="juntos", opset_imports=opsets, ir_version=10
    )
    onnx.checker.check_model(made, full_check=True)
    return bytes(made.SerializeToString())


def compare(content: bytes, model: ModelKind[Any], arrays: Arrays, sample: Matrix) -> None:
    """Refuse an export that says something else than the model.

    Raises
    ------
    BundleError
        With the largest difference.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    found = session.run([OUTPUT], {INPUT: sample})[0]
    difference = float(np.abs(found - model.predict(arrays, sample)).max(initial=0.0))
    if not difference < LARGEST_DIFFERENCE:
        raise BundleError(
            f"The {model.name} as ONNX differs from the model by {difference:.2g} on sample rows; "
            f"less than {LARGEST_DIFFERENCE:g} is asked for."
        )
