"""A neural network as ONNX."""

from __future__ import annotations

import numpy as np

from shared.models.base import Arrays
from shared.models.network_layers import Encoder
from shared.models.neural_network import NeuralNetwork
from shared.onnx_export.parts import INPUT, OUTPUT, GraphParts


def network_graph(model: NeuralNetwork, arrays: Arrays) -> GraphParts:
    """Return encoders, linear layers with ReLU between them, and a softmax."""
    parts = GraphParts()
    values = inputs(parts, model, arrays)
    for layer in range(model.layers.last + 1):
        names = [f"linear_{layer}.weight", f"linear_{layer}.bias"]
        constants = [parts.constant(name, arrays[name].astype(np.float32)) for name in names]
        values = parts.node("Gemm", [values, *constants], f"linear_{layer}", transB=1)
        if layer < model.layers.last:
            values = parts.node("Relu", [values], f"relu_{layer}")
    parts.node("Softmax", [values], OUTPUT, axis=1)
    return parts


def inputs(parts: GraphParts, model: NeuralNetwork, arrays: Arrays) -> str:
    """Add what comes before the first linear layer."""
    if not model.layers.encoders:
        return INPUT
    plain = parts.constant("plain_columns", model.layers.plain.astype(np.int64))
    found = [parts.node("Gather", [INPUT, plain], "plain", axis=1)]
    found += [encoded(parts, encoder, arrays) for encoder in model.layers.encoders]
    return parts.node("Concat", found, "inputs", axis=1)


def encoded(parts: GraphParts, encoder: Encoder, arrays: Arrays) -> str:
    """Add one encoder."""
    block = encoder.block
    name = f"encoder_{block.start}"
    where = parts.constant(f"{name}_columns", np.arange(block.start, block.stop, dtype=np.int64))
    columns = parts.node("Gather", [INPUT, where], f"{name}_gathered", axis=1)
    weight = parts.constant(encoder.name, arrays[encoder.name].astype(np.float32).T)
    if block.kind != "terms":
        return parts.node("MatMul", [columns, weight], name)
    axis = parts.constant(f"{name}_axis", np.array([1], dtype=np.int64))
    one = parts.constant(f"{name}_one", np.array(1, dtype=np.float32))
    count = parts.node("ReduceSum", [columns, axis], f"{name}_count", keepdims=1)
    root = parts.node("Sqrt", [parts.node("Max", [count, one], f"{name}_least")], f"{name}_root")
    scaled = parts.node("Div", [columns, root], f"{name}_scaled")
    return parts.node("Relu", [parts.node("MatMul", [scaled, weight], f"{name}_sum")], name)
