"""Means and spreads of what networks see, from sums that add up over hospitals."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from shared.models.base import Arrays
from shared.ranking.candidates import Candidates

# Inputs of the scorers, the context of a case, the features of a candidate.
TABLES = ("inputs", "context", "features")
LEAST_SPREAD = 1e-3
Floats = npt.NDArray[np.float64]


def moments_of(candidates: Candidates, *, told: bool = True) -> Arrays:
    """Return the number of rows of each table, their sums and sums of squares.

    Parameters
    ----------
    told : bool
        Whether anything is; zeros without it.
    """
    there = candidates.seen >= 0
    context = np.repeat(candidates.context[:, None], there.shape[1], axis=1)
    inputs = np.concatenate([candidates.features, context], axis=2)[there]
    found: Arrays = {}
    tables = (inputs, candidates.context, candidates.features[there])
    for name, table in zip(TABLES, tables, strict=True):
        exact = table.astype(np.float64) * told
        found[f"{name}.rows"] = np.array([len(table) * told], dtype=np.float64)
        found[f"{name}.sum"] = exact.sum(axis=0)
        found[f"{name}.squares"] = (exact**2).sum(axis=0)
    return found


def scales_of(moments: Arrays) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
    """Return the mean and the spread of each table."""
    means, spreads = [], []
    for name in TABLES:
        rows = max(float(moments[f"{name}.rows"][0]), 1.0)
        mean: Floats = moments[f"{name}.sum"] / rows
        variance = np.maximum(moments[f"{name}.squares"] / rows - mean**2, 0)
        means.append(torch.from_numpy(mean.astype(np.float32)))
        spreads.append(torch.from_numpy((np.sqrt(variance) + LEAST_SPREAD).astype(np.float32)))
    return tuple(means), tuple(spreads)
