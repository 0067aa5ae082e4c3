"""A bundle's files as one piece of bytes, and back: safetensors, which executes nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from shared.errors import BundleError
from shared.models.safetensors_file import arrays_from_file, arrays_to_file

NAME = "bundle"


def pack(files: Mapping[str, bytes]) -> bytes:
    """Put files together."""
    arrays = {name: np.frombuffer(data, dtype=np.uint8) for name, data in files.items()}
    return arrays_to_file(NAME, arrays)[NAME]


def unpack(content: bytes) -> dict[str, bytes]:
    """Take files apart.

    Raises
    ------
    BundleError
        When it is something else.
    """
    arrays = arrays_from_file(NAME, {NAME: content})
    if any(array.dtype != np.uint8 or array.ndim != 1 for array in arrays.values()):
        raise BundleError("The bundle is packed in another way.")
    return {name: array.tobytes() for name, array in arrays.items()}


def cut(content: bytes, size: int) -> list[npt.NDArray[np.uint8]]:
    """Cut bytes into parts of a size; the last one may be smaller."""
    whole = np.frombuffer(content, dtype=np.uint8)
    return [whole[start : start + size] for start in range(0, len(whole), size)]


def hash_of(content: bytes) -> str:
    """Return the SHA-256 of a packed bundle."""
    return hashlib.sha256(content).hexdigest()
