"""Arrays as a safetensors file: numbers and names, nothing that could be executed."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from shared.errors import BundleError
from shared.models.base import Arrays


def arrays_to_file(name: str, arrays: Arrays) -> dict[str, bytes]:
    """Return one file by name."""
    return {name: save({key: np.ascontiguousarray(array) for key, array in arrays.items()})}


def arrays_from_file(name: str, files: Mapping[str, bytes]) -> Arrays:
    """Read the one file that a model of this kind is kept in.

    Raises
    ------
    BundleError
        When it is missing, not alone or malformed.
    """
    if set(files) != {name}:
        raise BundleError(f"Expected the model in one file, {name}.")
    try:
        arrays: Arrays = load(files[name])
    except (SafetensorError, ValueError, KeyError):
        raise BundleError(f"{name} is not a safetensors file.") from None
    return arrays


def check_shapes(arrays: Arrays, expected: Mapping[str, tuple[int, ...]]) -> None:
    """Refuse arrays with other names, shapes or types than expected, or numbers that are none.

    Raises
    ------
    BundleError
        Naming the first array that does not fit.
    """
    if set(arrays) != set(expected):
        raise BundleError("The model has other arrays than its kind.")
    for name, shape in expected.items():
        array = arrays[name]
        if array.shape != shape:
            raise BundleError(f"Array {name!r} has shape {array.shape}, expected {shape}.")
        if array.dtype.kind != "f" or not np.isfinite(array).all():
            raise BundleError(f"Array {name!r} holds something other than finite numbers.")
