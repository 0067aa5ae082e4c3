"""Sums of cases as arrays, for files and for the wire."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np
from scipy import sparse

from shared.knowledge.terms import Matrix
from shared.models.base import Arrays
from shared.ranking.disease_sums import DiseaseSums

SPARSE = ("data", "indices", "indptr")


def sums_arrays(sums: DiseaseSums) -> Arrays:
    """Return the sums as arrays."""
    found: Arrays = {}
    for each in fields(sums):
        value = getattr(sums, each.name)
        if sparse.issparse(value):
            found |= {f"{each.name}.{part}": getattr(value, part) for part in SPARSE}
        else:
            found[each.name] = value
    return found


def sums_of(arrays: Mapping[str, np.ndarray], shape: tuple[int, int]) -> DiseaseSums:
    """Return the sums that arrays hold, of shape (diseases, findings).

    Raises
    ------
    ValueError, KeyError
        When they do not fit each other.
    """
    parts: dict[str, Any] = {}
    for each in fields(DiseaseSums):
        if each.name in arrays:
            parts[each.name] = arrays[each.name]
            continue
        data, indices, indptr = (arrays[f"{each.name}.{part}"] for part in SPARSE)
        matrix: Matrix = sparse.csr_matrix((data, indices, indptr), shape=shape)
        matrix.check_format(full_check=True)
        parts[each.name] = matrix
    return DiseaseSums(**parts)
