"""Integrated gradients of a network (Sundararajan et al. 2017), by NumPy from its arrays.

The path goes straight from nobody in particular to the patient; what a column adds is the mean of
the exact gradient along it, times how far the column goes.
"""

from __future__ import annotations

import numpy as np

from client.serving.explaining.tree_paths import Floats
from shared.models.base import Arrays
from shared.models.network_layers import Encoder, NetworkLayers

STEPS = 256


def integrated_gradients(
    layers: NetworkLayers, arrays: Arrays, row: Floats, nobody: Floats, class_index: int
) -> tuple[Floats, float]:
    """Return how much each column adds to a class's log-odds, and those of nobody.

    Parameters
    ----------
    row, nobody : arrays of shape (columns,)

    Returns
    -------
    array of shape (columns,), float
        Their sum is the row's log-odds, within a hundredth of all that columns add and take away.
    """
    plain = {name: array.astype(np.float64) for name, array in arrays.items()}
    shares = (np.arange(STEPS) + 0.5) / STEPS
    points = nobody + shares[:, None] * (row - nobody)
    mean = gradients(layers, plain, points, class_index).mean(axis=0)
    return mean * (row - nobody), float(log_odds(layers, plain, nobody[None], class_index)[0])


def log_odds(layers: NetworkLayers, arrays: Arrays, rows: Floats, class_index: int) -> Floats:
    """Return the log-odds of one class for each row."""
    logits = layers.logits(arrays, rows).astype(np.float64)  # type: ignore[arg-type]
    others = np.delete(logits, class_index, axis=1)
    highest = others.max(axis=1)
    rest = highest + np.log(np.exp(others - highest[:, None]).sum(axis=1))
    found: Floats = logits[:, class_index] - rest
    return found


def gradients(layers: NetworkLayers, arrays: Arrays, rows: Floats, class_index: int) -> Floats:
    """Return the derivatives of one class's log-odds by each column, shape (rows, columns)."""
    values = [layers.inputs(arrays, rows)]  # type: ignore[arg-type]
    for layer in range(layers.last):
        weight, bias = arrays[f"linear_{layer}.weight"], arrays[f"linear_{layer}.bias"]
        values.append(np.maximum(values[-1] @ weight.T + bias, 0))
    weight, bias = (arrays[name] for name in layers.last_names)
    slope = _of_logits((values[-1] @ weight.T + bias).astype(np.float64), class_index) @ weight
    for layer in reversed(range(layers.last)):
        slope = (slope * (values[layer + 1] > 0)) @ arrays[f"linear_{layer}.weight"]
    return _of_columns(layers, arrays, rows, slope)


def _of_logits(logits: Floats, class_index: int) -> Floats:
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    exponentials[:, class_index] = 0
    slopes: Floats = -exponentials / exponentials.sum(axis=1, keepdims=True)
    slopes[:, class_index] = 1
    return slopes


def _of_columns(layers: NetworkLayers, arrays: Arrays, rows: Floats, slope: Floats) -> Floats:
    """Take derivatives by the first linear layer's inputs back through the encoders."""
    if not layers.encoders:
        return slope
    found = np.zeros_like(rows)
    found[:, layers.plain] = slope[:, : len(layers.plain)]
    start = len(layers.plain)
    for encoder in layers.encoders:
        stop = start + encoder.width
        part = slice(encoder.block.start, encoder.block.stop)
        weight = arrays[encoder.name]
        found[:, part] = _of_block(encoder, weight, rows[:, part], slope[:, start:stop])
        start = stop
    return found


def _of_block(encoder: Encoder, weight: Floats, columns: Floats, slope: Floats) -> Floats:
    if encoder.block.kind != "terms":
        return slope @ weight
    encoded = encoder(weight, columns)  # type: ignore[arg-type]
    by_scaled = (slope * (encoded > 0)) @ weight
    count = columns.sum(axis=1, keepdims=True)
    root = np.sqrt(np.maximum(count, 1))
    along = (by_scaled * columns).sum(axis=1, keepdims=True) / (2 * root**3)
    found: Floats = by_scaled / root - np.where(count > 1, along, 0)
    return found
