"""What a run may choose about synthetic rows of rare classes."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from shared.settings_file import StrictModel


class AugmentationSettings(StrictModel):
    """Each hospital adds synthetic rows to its own training rows; they never leave it.

    It takes the place of `class_balance`, which is best ``none`` then.

    Attributes
    ----------
    method : {"none", "smote"}
        ``smote``: numbers and codes between a row and its neighbours of the same class (SMOTE,
        SMOTE-NC and SMOTE-N, Chawla et al. 2002); sets of terms recombined within the class.
    minority_share : float
        A class is brought to this share of the hospital's most frequent one.
    maximum_factor : float
        But never to more than so many times its own rows.
    neighbours : int
        Rows of the class to choose from.
    minimum_rows : int
        Classes with fewer rows at the hospital stay as they are.
    """

    method: Literal["none", "smote"] = "none"
    minority_share: float = Field(default=0.5, gt=0, le=1)
    maximum_factor: float = Field(default=10, gt=1, le=1000)
    neighbours: int = Field(default=5, ge=1)
    minimum_rows: int = Field(default=2, ge=2)

    @property
    def most_growth(self) -> float:
        """How many times more rows a hospital may have with the synthetic ones."""
        return 1.0 if self.method == "none" else self.maximum_factor
