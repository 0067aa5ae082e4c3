"""Sums of products of numbers, from which correlations follow, over patients that may be told.

Sums over two sets of patients that differ by one give that one's values away. So patients count
only in groups: all who have the same numbers missing, and only where there are enough of them. Any
sum or difference of what is told is then over whole groups.
"""

from __future__ import annotations

from typing import Self

import numpy as np
import numpy.typing as npt
from pydantic import model_validator

from shared.contract import Contract
from shared.errors import JuntosError
from shared.exploration.cells import numeric_features
from shared.records import Records
from shared.settings_file import StrictModel

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Matrix = tuple[tuple[float, ...], ...]


class CrossProducts(StrictModel):
    """Sums over the patients who have both of two numbers.

    A number is measured from the middle of the contract's range, in halves of the range.

    Attributes
    ----------
    names : tuple of str
        The contract's numbers, in order.
    pairs : tuple of tuple of int
        Patients who have both.
    sums, squares : tuple of tuple of float
        Of the first one's values and of their squares, over the patients who have both.
    products : tuple of tuple of float
    """

    names: tuple[str, ...]
    pairs: tuple[tuple[int, ...], ...]
    sums: Matrix
    squares: Matrix
    products: Matrix

    @model_validator(mode="after")
    def _is_square(self) -> Self:
        size = len(self.names)
        for matrix in (self.pairs, self.sums, self.squares, self.products):
            if len(matrix) != size or any(len(row) != size for row in matrix):
                raise ValueError("sums of products that are not by pairs of numbers")
        return self

    def merge(self, other: CrossProducts) -> CrossProducts:
        """Return the sums over the patients of both hospitals."""
        if self.names != other.names:
            raise JuntosError("Two hospitals summed products of other numbers.")
        return CrossProducts(
            names=self.names,
            pairs=_rows(np.array(self.pairs) + np.array(other.pairs)),
            sums=_rows(np.array(self.sums) + np.array(other.sums)),
            squares=_rows(np.array(self.squares) + np.array(other.squares)),
            products=_rows(np.array(self.products) + np.array(other.products)),
        )

    def check(self, contract: Contract, patients: int) -> None:
        """Refuse sums from another party that cannot be.

        Raises
        ------
        JuntosError
            When they are of other numbers, of more patients than there are, or no numbers.
        """
        if self.names != tuple(numeric_features(contract)):
            raise JuntosError("sums of products of other numbers than the contract's")
        pairs = np.array(self.pairs).ravel()
        sums = np.concatenate([np.ravel(m) for m in (self.sums, self.squares, self.products)])
        if not np.isfinite(sums).all() or (pairs < 0).any() or (pairs > patients).any():
            raise JuntosError("sums of products that no patients can have")
        # Nobody is further from the middle than half the range.
        if (np.abs(sums) > np.tile(pairs, 3) * (1 + 1e-9) + 1e-9).any():
            raise JuntosError("sums of products beyond the contract's range")

    def correlations(self) -> Floats:
        """Return Pearson's correlation of each pair, shape (numbers, numbers).

        Over the patients who have both; NaN where there are fewer than three, or one never varies.
        """
        pairs, products = np.array(self.pairs, dtype=np.float64), np.array(self.products)
        sums, squares = np.array(self.sums), np.array(self.squares)
        with np.errstate(invalid="ignore", divide="ignore"):
            covariance = products - sums * sums.T / pairs
            variance = squares - sums**2 / pairs
            # What is left of a number that never varies is the rounding of its squares.
            variance = np.where(variance > 1e-12 * np.maximum(squares, 1e-300), variance, np.nan)
            found = covariance / np.sqrt(variance * variance.T)
        clipped: Floats = np.where(pairs >= 3, np.clip(found, -1, 1), np.nan)
        return clipped

    def moments(self, contract: Contract) -> dict[str, tuple[int, float, float]]:
        """Return patients, mean and standard deviation (n - 1) of each number, in its unit."""
        found = {}
        for place, (name, feature) in enumerate(numeric_features(contract).items()):
            rows = self.pairs[place][place]
            if rows < 2:
                continue
            mean = self.sums[place][place] / rows
            variance = max(self.squares[place][place] - rows * mean**2, 0.0) / (rows - 1)
            half = (feature.maximum - feature.minimum) / 2
            deviation = half * float(np.sqrt(variance))
            found[name] = (rows, feature.minimum + half * (1 + mean), deviation)
        return found


def cross_products(contract: Contract, records: Records, smallest: int) -> CrossProducts | None:
    """Sum products over the patients that may be told; None where nobody may."""
    numbers = numeric_features(contract)
    if not numbers:
        return None
    values = np.column_stack(
        [
            (records.table[name].to_numpy(dtype=np.float64) - each.minimum)
            / (each.maximum - each.minimum)
            * 2
            - 1
            for name, each in numbers.items()
        ]
    )
    present = ~np.isnan(values)
    kept = may_be_summed(present, smallest)
    if not kept.any():
        return None
    there = present[kept].astype(np.float64)
    filled = np.nan_to_num(values[kept])
    return CrossProducts(
        names=tuple(numbers),
        pairs=_rows(np.rint(there.T @ there).astype(int)),
        sums=_rows(filled.T @ there),
        squares=_rows((filled**2).T @ there),
        products=_rows(filled.T @ filled),
    )


def may_be_summed(present: Mask, smallest: int) -> Mask:
    """Say which patients' numbers are summed, shape (patients,).

    Parameters
    ----------
    present : bool array of shape (patients, numbers)

    Notes
    -----
    Left out are those whose pattern of missing numbers too few share. As many more are left out as
    it takes for nobody to learn, from who has a number in all and in the sums, of fewer than
    `smallest` patients.
    """
    _, pattern, counts = np.unique(present, axis=0, return_inverse=True, return_counts=True)
    pattern = pattern.ravel()
    kept: Mask = counts[pattern] >= smallest
    while True:
        # The last column is everybody.
        has = np.column_stack([present, np.ones(len(present), dtype=bool)])
        left_out = has[~kept].sum(axis=0)
        short = (left_out > 0) & (left_out < smallest) & has[kept].any(axis=0)
        if not short.any():
            return kept
        among = kept & has[:, int(short.argmax())]
        members = np.flatnonzero(kept & (pattern == _largest(pattern, among)))
        kept[members[-smallest:] if len(members) >= 2 * smallest else members] = False


def _largest(pattern: npt.NDArray[np.intp], among: Mask) -> int:
    return int(np.bincount(pattern[among]).argmax())


def _rows(matrix: npt.NDArray[np.generic]) -> tuple[tuple[float, ...], ...]:
    return tuple(map(tuple, matrix.tolist()))
