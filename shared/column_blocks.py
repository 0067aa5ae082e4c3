"""Which columns of the matrix belong together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

BlockKind = Literal["numbers", "category", "terms", "text"]


@dataclass(frozen=True)
class ColumnBlock:
    """The columns of one feature.

    Attributes
    ----------
    feature : str
    kind : {"numbers", "category", "terms", "text"}
        ``category``: at most one of the columns is 1. ``terms``: any number of them is.
    start, stop : int
        Position of the first column, and of the one after the last.
    """

    feature: str
    kind: BlockKind
    start: int
    stop: int

    @property
    def width(self) -> int:
        """How many columns there are."""
        return self.stop - self.start
