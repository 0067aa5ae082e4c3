"""Drawing rows by what they hold, so that a draw does not depend on where a row is."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import numpy.typing as npt

from shared.models.base import derive_seed
from shared.models.training_data import Matrix
from shared.records import Records


def row_keys(values: npt.NDArray[Any], candidates: npt.NDArray[np.bool_]) -> npt.NDArray[np.uint64]:
    """Return a number for each row that depends on what it holds only, shape (rows,)."""
    packed = np.packbits(candidates, axis=1)
    keys = [
        hashlib.blake2b(own.tobytes() + label.tobytes(), digest_size=8).digest()
        for own, label in zip(values, packed, strict=True)
    ]
    return np.frombuffer(b"".join(keys), dtype="<u8").astype(np.uint64)


def record_keys(records: Records) -> npt.NDArray[np.uint64]:
    """Return a number for each record that depends on what it holds only, shape (records,)."""
    table = records.table
    columns = [table[name].map(repr) for name in table]
    texts = zip(*columns, map(repr, records.labels), strict=True)
    keys = [hashlib.blake2b("\x1f".join(own).encode(), digest_size=8).digest() for own in texts]
    return np.frombuffer(b"".join(keys), dtype="<u8").astype(np.uint64)


def draw(keys: npt.NDArray[np.uint64], seed: int, iteration: int) -> npt.NDArray[np.float64]:
    """Return a uniform number in [0, 1) for each key (splitmix64, Steele et al. 2014)."""
    mixed = keys ^ np.uint64(derive_seed(seed, iteration) * 0x9E3779B97F4A7C15 % 2**64)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    found: npt.NDArray[np.float64] = (mixed >> np.uint64(11)).astype(np.float64) / 2.0**53
    return found


def draw_validation(
    features: Matrix, candidates: npt.NDArray[np.bool_], share: float, seed: int
) -> npt.NDArray[np.bool_]:
    """Choose about a share of the rows for validation, but never all; shape (rows,)."""
    if not share:
        return np.zeros(len(features), dtype=np.bool_)
    chosen = draw(row_keys(features, candidates), seed, 0) < share
    return chosen & ~chosen.all()
