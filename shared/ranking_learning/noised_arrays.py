"""Noised centroids as arrays of a message or a file, and back."""

from __future__ import annotations

import numpy as np

from shared.errors import JuntosError
from shared.models.base import Arrays
from shared.ranking.noised_centroids import MOST_KEPT, NoisedCentroids

NAMES = {"rows", "cases", "sums", "deviation"}


def centroid_arrays(centroids: NoisedCentroids) -> Arrays:
    """Return centroids as arrays."""
    return {
        "rows": centroids.rows.astype(np.int64),
        "cases": centroids.cases.astype(np.float32),
        "sums": centroids.sums.astype(np.float32),
        "deviation": np.array([centroids.deviation], dtype=np.float64),
    }


def centroids_of(arrays: Arrays, shape: tuple[int, int]) -> NoisedCentroids:
    """Read what `centroid_arrays` wrote.

    Parameters
    ----------
    shape : tuple of int
        Of diseases and findings.

    Raises
    ------
    JuntosError
        When the arrays do not fit each other or are of other diseases.
    """
    wrong = JuntosError("centroids of other diseases than those of the run")
    if set(arrays) != NAMES:
        raise wrong
    rows, cases, sums, deviation = (arrays[name] for name in ("rows", "cases", "sums", "deviation"))
    kept = len(rows) if rows.ndim == 1 else -1
    fits = (
        0 <= kept <= MOST_KEPT
        and rows.dtype.kind == "i"
        and bool(((rows >= 0) & (rows < shape[0])).all())
        and len(set(rows.tolist())) == kept
        and cases.shape == (kept,)
        and sums.shape == (kept, shape[1])
        and deviation.shape == (1,)
        and all(np.isfinite(each).all() for each in (cases, sums, deviation))
        and bool((cases > 0).all())
    )
    if not fits:
        raise wrong
    return NoisedCentroids(
        rows=rows.astype(np.int64),
        cases=cases.astype(np.float32),
        sums=sums.astype(np.float32),
        deviation=float(deviation[0]),
    )
