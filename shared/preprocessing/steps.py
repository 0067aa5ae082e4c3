"""Fitted steps: each turns one column of records into columns of numbers."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from shared.ontology import terminology
from shared.preprocessing.sentence_embedding import WIDTH, embed_notes
from shared.preprocessing.word_hashing import hash_words
from shared.settings_file import StrictModel

if TYPE_CHECKING:
    import pandas as pd

Columns = npt.NDArray[np.float32]


def numbers_of(column: npt.NDArray[Any] | pd.Series) -> npt.NDArray[np.float64]:
    """Return a column of numbers or flags; NaN where nothing was recorded."""
    return np.asarray(column, dtype=np.float64)


def filled(column: npt.NDArray[np.float64], fill: float) -> npt.NDArray[np.float64]:
    """Return a column of numbers without gaps."""
    return np.where(np.isnan(column), fill, column)


def as_column(true: npt.NDArray[np.bool_]) -> Columns:
    """Return one column: 1 where something is true."""
    return true.astype(np.float32)[:, None]


class NumericStep(StrictModel):
    """Impute, centre and scale a number; say where it was missing.

    Attributes
    ----------
    mean, scale, fill : float
        In the contract's unit; `scale` is the standard deviation, 1 where that is 0.
    indicator : bool
        Whether a column says where the value was missing (when any hospital lacks any).
    """

    kind: Literal["numeric"] = "numeric"
    feature: str
    mean: float
    scale: float = Field(gt=0)
    fill: float
    indicator: bool

    def names(self) -> list[str]:
        """Return the names of the columns."""
        return [self.feature] + [f"{self.feature} missing"] * self.indicator

    def transform(
        self, column: npt.NDArray[Any] | pd.Series, *, keep_missing: bool = False
    ) -> Columns:
        """Return an array of shape (rows, 1 or 2).

        Parameters
        ----------
        keep_missing : bool
            Leave what is missing as NaN, where that was seen in training.
        """
        found = numbers_of(column)
        known = found if keep_missing and self.indicator else filled(found, self.fill)
        parts = [((known - self.mean) / self.scale).astype(np.float32)[:, None]]
        return np.hstack(parts + [as_column(np.isnan(found))] * self.indicator)


class FlagStep(StrictModel):
    """Yes as 1, no as 0, missing as the share of yes.

    Attributes
    ----------
    fill : float
        Share of yes among the rows that say.
    """

    kind: Literal["flag"] = "flag"
    feature: str
    fill: float = Field(ge=0, le=1)
    indicator: bool

    def names(self) -> list[str]:
        """Return the names of the columns."""
        return [self.feature] + [f"{self.feature} missing"] * self.indicator

    def transform(
        self, column: npt.NDArray[Any] | pd.Series, *, keep_missing: bool = False
    ) -> Columns:
        """Return an array of shape (rows, 1 or 2).

        Parameters
        ----------
        keep_missing : bool
            Leave what is missing as NaN, where that was seen in training.
        """
        found = numbers_of(column)
        known = found if keep_missing and self.indicator else filled(found, self.fill)
        parts = [known.astype(np.float32)[:, None]]
        return np.hstack(parts + [as_column(np.isnan(found))] * self.indicator)


class CategoricalStep(StrictModel):
    """One column per frequent code, one for all rare ones, one for missing.

    Attributes
    ----------
    levels : list of str
        Codes with a column of their own.
    other : list of str
        Codes that share the "other" column, which exists when this is not empty.
    """

    kind: Literal["categorical"] = "categorical"
    feature: str
    levels: list[str]
    other: list[str]
    indicator: bool

    def names(self) -> list[str]:
        """Return the names of the columns."""
        names = [f"{self.feature} = {level}" for level in self.levels]
        names += [f"{self.feature} = other"] * bool(self.other)
        return names + [f"{self.feature} missing"] * self.indicator

    def transform(
        self,
        column: npt.NDArray[Any] | pd.Series,
        *,
        keep_missing: bool = False,  # noqa: ARG002 - nothing here is imputed
    ) -> Columns:
        """Return an array of shape (rows, columns of this step)."""
        result = np.zeros((len(column), len(self.names())), dtype=np.float32)
        places, missing = self._places, len(self.levels) + bool(self.other)
        for row, code in enumerate(np.asarray(column, dtype=object).tolist()):
            if code in places:
                result[row, places[code]] = 1
            elif self.indicator and not isinstance(code, str):
                result[row, missing] = 1
        return result

    @cached_property
    def _places(self) -> dict[str, int]:
        levels = {code: index for index, code in enumerate(self.levels)}
        return dict.fromkeys(self.other, len(levels)) | levels


class TermsStep(StrictModel):
    """One column per term: 1 where the term or any term below it is recorded.

    Attributes
    ----------
    code_system : str
    vocabulary : list of str
        Terms with a column, in order.
    """

    kind: Literal["terms"] = "terms"
    feature: str
    code_system: str
    vocabulary: list[str]

    def names(self) -> list[str]:
        """Return the names of the columns: the terms' codes."""
        return self.vocabulary

    def transform(
        self,
        column: npt.NDArray[Any] | pd.Series,
        *,
        keep_missing: bool = False,  # noqa: ARG002 - nothing here is imputed
    ) -> Columns:
        """Return an array of shape (rows, terms of the vocabulary)."""
        known = terminology(self.code_system)
        result = np.zeros((len(column), len(self.vocabulary)), dtype=np.float32)
        for row, terms in enumerate(column):
            for term in known.expand(terms):
                if term in self._position:
                    result[row, self._position[term]] = 1
        return result

    @cached_property
    def _position(self) -> dict[str, int]:
        # Where models answer, one patient comes at a time, and there may be 16,000 terms.
        return {term: index for index, term in enumerate(self.vocabulary)}


class TextStep(StrictModel):
    """Words of a note, hashed into a fixed number of columns (Weinberger et al. 2009).

    Hashing needs nothing from the data, so no word of a note ever leaves the hospital.
    """

    kind: Literal["text"] = "text"
    feature: str
    columns: int = Field(ge=1)

    def names(self) -> list[str]:
        """Return the names of the columns."""
        return [f"{self.feature} word {index}" for index in range(self.columns)]

    def transform(
        self,
        column: npt.NDArray[Any] | pd.Series,
        *,
        keep_missing: bool = False,  # noqa: ARG002 - nothing here is imputed
    ) -> Columns:
        """Return an array of shape (rows, columns), each row of unit length or zero."""
        return hash_words(["" if text is None else str(text) for text in column], self.columns)


class SentenceStep(StrictModel):
    """A note as one sentence embedding, which means the same in any of 16 languages.

    Attributes
    ----------
    encoder : str
        Beginning of the SHA-256 of the encoder.
    """

    kind: Literal["sentence"] = "sentence"
    feature: str
    encoder: Literal["55462a183cc5"] = "55462a183cc5"

    def names(self) -> list[str]:
        """Return the names of the columns."""
        return [f"{self.feature} meaning {index}" for index in range(WIDTH)]

    def transform(
        self,
        column: npt.NDArray[Any] | pd.Series,
        *,
        keep_missing: bool = False,  # noqa: ARG002 - nothing here is imputed
    ) -> Columns:
        """Return an array of shape (rows, 512), each row of unit length or zero."""
        return embed_notes(["" if text is None else str(text) for text in column])


Step = Annotated[
    NumericStep | FlagStep | CategoricalStep | TermsStep | TextStep | SentenceStep,
    Field(discriminator="kind"),
]
