"""One thing that is counted in the reference and in the window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Part = Literal["values", "missing", "term", "classes", "scores"]
REST = "rest"


@dataclass(frozen=True)
class Compared:
    """Counts of the same cells in the reference and in the window.

    Attributes
    ----------
    feature : str
        Of the contract; empty for classes and scores.
    part : {"values", "missing", "term", "classes", "scores"}
    code : str
        The term of a set of terms.
    cells : tuple of str
        What each count is of: a code, ``LOW..HIGH`` of a number, `REST` for what is seldom.
    reference, window : array of shape (cells,)
    noise : array of shape (cells,)
        Standard deviation of the noise in the reference's counts; zero where there is none.
    """

    feature: str
    part: Part
    code: str
    cells: tuple[str, ...]
    reference: Floats
    window: Floats
    noise: Floats

    @property
    def rows(self) -> float:
        """Rows of the window that are counted."""
        return float(self.window.sum())


def pooled(compared: Compared, least_share: float) -> Compared:
    """Return it with the cells that the reference has seldom made one, `REST`.

    Which ones these are depends on the reference alone, so that no window chooses its own test.
    """
    total = compared.reference.sum()
    seldom = compared.reference < least_share * total if total else np.zeros(0, dtype=np.bool_)
    if seldom.sum() < 2:
        return compared
    often = ~seldom
    return Compared(
        compared.feature,
        compared.part,
        compared.code,
        (*(cell for cell, is_kept in zip(compared.cells, often, strict=True) if is_kept), REST),
        np.append(compared.reference[often], compared.reference[seldom].sum()),
        np.append(compared.window[often], compared.window[seldom].sum()),
        np.append(compared.noise[often], np.sqrt((compared.noise[seldom] ** 2).sum())),
    )
