"""How raw features become numbers."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from shared.settings_file import StrictModel


class PreprocessingSettings(StrictModel):
    """Choices of a run about its preprocessor.

    Attributes
    ----------
    imputation : {"mean", "median"}
        What stands for a missing number; the median is exact to half a bin of the contract's grid.
    minimum_category_rows : int
        Codes seen in fewer rows of all hospitals together share one "other" column.
    minimum_term_rows : int
        Terms (with their descendants) seen in fewer rows get no column.
    drop_first_level : bool
        Leave out the first code of each list, as linear models without regularisation need.
    text_columns : int
        Hashed word columns of each note; 0 leaves them out.
    sentence_embedding : bool
        Encode each note as 512 numbers that mean the same in 16 languages; needs the extra
        ``notes`` at every hospital.
    """

    imputation: Literal["mean", "median"] = "median"
    minimum_category_rows: int = Field(default=5, ge=0)
    minimum_term_rows: int = Field(default=4, ge=1)
    drop_first_level: bool = False
    text_columns: int = Field(default=0, ge=0, le=65536)
    sentence_embedding: bool = False
