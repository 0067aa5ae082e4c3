"""Shapley values of trees (Lundberg et al. 2018; the game of TreeSHAP's path-dependent form).

A set of known columns is worth what the trees give on average where, at a split on a column that
is not known, both ways are taken as often as the background takes them. For one leaf with value v,
known by its path's columns, column j gets

    v (o_j - z_j) * integral over t from 0 to 1 of the product over k != j of (z_k (1 - t) + o_k t)

where o_k says whether the patient's value goes on to the leaf and z_k how much of the background
does. The integrand is a polynomial, so that Gauss-Legendre quadrature gives it exactly.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from client.serving.explaining.tree_paths import UNUSED, Floats, Mask, TreePaths

# Numbers held at once.
AT_ONCE = 1 << 21


def shapley_values(
    paths: TreePaths, values: Floats, row: npt.NDArray[np.float32], *, strict: bool
) -> tuple[Floats, float]:
    """Return how much each column adds for one row, and what nobody in particular gets.

    Parameters
    ----------
    values : array of shape (leaves,)
        What each leaf adds.
    row : float32 array of shape (columns,)
    strict : bool
        Whether values go left only below the threshold, and not at it.

    Returns
    -------
    array of shape (columns,), float
        Their sum is what the trees give for the row.
    """
    found = np.zeros(len(row))
    baseline = float((values * paths.shares.prod(axis=1)).sum())
    slots = paths.columns.shape[1]
    if not slots:
        return found, baseline
    points, weights = np.polynomial.legendre.leggauss((slots + 1) // 2)
    points, weights = (points + 1) / 2, weights / 2
    step = max(1, AT_ONCE // (slots * len(points)))
    for start in range(0, len(values), step):
        rows = np.zeros(len(values), dtype=np.bool_)
        rows[start : start + step] = True
        part = paths.take(rows)
        added = _of_leaves(part, values[rows], row, points, weights, strict=strict)
        used = part.columns != UNUSED
        found += np.bincount(part.columns[used], added[used], minlength=len(row))
    return found, baseline


def _of_leaves(
    paths: TreePaths,
    values: Floats,
    row: npt.NDArray[np.float32],
    points: Floats,
    weights: Floats,
    *,
    strict: bool,
) -> Floats:
    """Return what each slot of each leaf adds, shape (leaves, slots)."""
    ones = goes_on(paths, row, strict=strict).astype(np.float64)
    zeros = paths.shares
    factors = zeros[:, :, None] * (1 - points) + ones[:, :, None] * points
    # Every factor is above zero: the points lie inside, and no share is zero.
    others = factors.prod(axis=1, keepdims=True) / factors
    added: Floats = values[:, None] * (ones - zeros) * (others @ weights)
    return added


def goes_on(paths: TreePaths, row: npt.NDArray[np.float32], *, strict: bool) -> Mask:
    """Say at which slots of which leaves a row goes on, shape (leaves, slots)."""
    values = row[paths.columns]
    if strict:
        inside = (values >= paths.low) & (values < paths.high)
    else:
        inside = (values > paths.low) & (values <= paths.high)
    known = np.where(np.isnan(values), paths.missing, inside)
    goes: Mask = known | (paths.columns == UNUSED)
    return goes
