"""Arrays as one safetensors file: nothing is executed when it is read."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from shared.errors import BundleError
from shared.models.base import Arrays

FILE = "model.safetensors"


def write_tensors(arrays: Arrays) -> dict[str, bytes]:
    """Return the one file that holds the arrays."""
    contiguous = {name: np.ascontiguousarray(array) for name, array in sorted(arrays.items())}
    return {FILE: save(contiguous)}


def read_tensors(files: Mapping[str, bytes]) -> Arrays:
    """Read back what `write_tensors` wrote.

    Raises
    ------
    BundleError
        When the file is missing, accompanied or malformed.
    """
    if set(files) != {FILE}:
        found = ", ".join(sorted(files)) or "nothing"
        raise BundleError(f"The model must be the one file {FILE}; found {found}.")
    try:
        arrays: Arrays = load(files[FILE])
    except (SafetensorError, ValueError, KeyError, TypeError):
        raise BundleError(f"{FILE} is malformed.", "Fetch the bundle again.") from None
    return arrays
