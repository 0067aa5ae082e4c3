"""The layers of a neural network: their shapes, their start, and their answer by NumPy alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from shared.column_blocks import ColumnBlock
from shared.models.neural_network_settings import NeuralNetworkSettings
from shared.models.training_data import Matrix

Arrays = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class Encoder:
    """A layer without bias over the columns of one feature.

    Attributes
    ----------
    block : ColumnBlock
        For a category, the layer is an embedding; for a note, a projection; for
        a set of terms, a sum of embeddings divided by the root of the number of terms, and
        rectified (after deep sets, Zaheer et al. 2017).
    width : int
        Numbers it gives.
    """

    block: ColumnBlock
    width: int

    @property
    def name(self) -> str:
        """Name of its array, of shape (width, columns of the block)."""
        return f"encoder_{self.block.start}.weight"

    def scaled(self, columns: Matrix) -> Matrix:
        """Return what the weights are applied to, shape (rows, columns of the block)."""
        if self.block.kind != "terms":
            return columns
        scaled: Matrix = columns / np.sqrt(np.maximum(columns.sum(axis=1, keepdims=True), 1))
        return scaled

    def __call__(self, weight: Matrix, columns: Matrix) -> Matrix:
        """Return the encoding, shape (rows, width)."""
        encoded: Matrix = self.scaled(columns) @ weight.T
        return np.maximum(encoded, 0) if self.block.kind == "terms" else encoded


@dataclass(frozen=True)
class NetworkLayers:
    """Encoders beside plain columns, then linear layers with ReLU between them.

    Attributes
    ----------
    columns, classes : int
    hidden : tuple of int
    encoders : tuple of Encoder
    """

    columns: int
    classes: int
    hidden: tuple[int, ...]
    encoders: tuple[Encoder, ...] = ()

    @cached_property
    def plain(self) -> npt.NDArray[np.intp]:
        """Positions of the columns that go to the first linear layer as they are."""
        free = np.ones(self.columns, dtype=np.bool_)
        for encoder in self.encoders:
            free[encoder.block.start : encoder.block.stop] = False
        return np.flatnonzero(free)

    @property
    def widths(self) -> list[int]:
        """Values before the first linear layer, after each, and after the last."""
        inputs = len(self.plain) + sum(encoder.width for encoder in self.encoders)
        return [inputs, *self.hidden, self.classes]

    @property
    def last(self) -> int:
        """Number of the last linear layer."""
        return len(self.hidden)

    @property
    def last_names(self) -> list[str]:
        """Names of the last layer's arrays."""
        return [f"linear_{self.last}.weight", f"linear_{self.last}.bias"]

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shape of each array."""
        shapes: dict[str, tuple[int, ...]] = {
            encoder.name: (encoder.width, encoder.block.width) for encoder in self.encoders
        }
        for layer, (inputs, outputs) in enumerate(pairwise(self.widths)):
            shapes[f"linear_{layer}.weight"] = (outputs, inputs)
            shapes[f"linear_{layer}.bias"] = (outputs,)
        return shapes

    def initial(self, generator: np.random.Generator) -> Arrays:
        """Draw hidden layers after He et al. 2015; the output favours no class."""
        arrays: Arrays = {}
        for name, shape in self.shapes().items():
            if name in self.last_names or name.endswith(".bias"):
                arrays[name] = np.zeros(shape, np.float32)
                continue
            bound = float(np.sqrt(6 / shape[1]))
            arrays[name] = generator.uniform(-bound, bound, shape).astype(np.float32)
        return arrays

    def inputs(self, arrays: Arrays, features: Matrix) -> Matrix:
        """Return what the first linear layer sees, shape (rows, widths[0])."""
        if not self.encoders:
            return features
        parts = [features[:, self.plain]]
        for encoder in self.encoders:
            columns = features[:, encoder.block.start : encoder.block.stop]
            parts.append(encoder(arrays[encoder.name], columns))
        return np.hstack(parts)

    def encoded(self, arrays: Arrays, features: Matrix) -> Matrix:
        """Return what the last linear layer sees, shape (rows, widths[-2])."""
        values: npt.NDArray[Any] = self.inputs(arrays, features)
        for layer in range(self.last):
            weight, bias = arrays[f"linear_{layer}.weight"], arrays[f"linear_{layer}.bias"]
            values = np.maximum(values @ weight.T + bias, 0)
        return values

    def logits(self, arrays: Arrays, features: Matrix) -> Matrix:
        """Return the last layer's values, shape (rows, classes)."""
        weight, bias = (arrays[name] for name in self.last_names)
        values: npt.NDArray[Any] = self.encoded(arrays, features) @ weight.T + bias
        return values


def layers_of(
    settings: NeuralNetworkSettings, columns: int, classes: int, blocks: Sequence[ColumnBlock]
) -> NetworkLayers:
    """Return the layers that a run's settings ask for."""
    widths = {
        "category": settings.embedding_width,
        "terms": settings.term_set_width,
        "text": settings.note_width,
    }
    encoders = [
        Encoder(block, widths[block.kind])
        for block in blocks
        if 0 < widths.get(block.kind, 0) < block.width
    ]
    return NetworkLayers(columns, classes, tuple(settings.hidden), tuple(encoders))
