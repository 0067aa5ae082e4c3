"""A derived feature as a contract declares it: ``[[derived]]``."""

from __future__ import annotations

from abc import abstractmethod
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, model_validator

from shared.coded_value import CodedValue, Name
from shared.derived.kinds import (
    Codes,
    Column,
    Flag,
    Kind,
    Meaning,
    Number,
    Terms,
    in_words,
    is_numeric,
    objects,
)
from shared.settings_file import StrictModel


class Declared(StrictModel):
    """What all derived features have.

    Attributes
    ----------
    expression : str
        What it is computed by; the language is described in docs/contract.md.
    """

    name: Name
    kind: str
    description: str
    expression: str

    @abstractmethod
    def refusal(self, found: Kind) -> str:
        """Say what does not fit between the declaration and its expression; empty if all does."""

    def feature(self, found: Kind) -> dict[str, Any]:  # noqa: ARG002 - others need it
        """Return the fields of the feature that the rest of Juntos sees."""
        return self.model_dump(exclude={"expression"})

    def kind_of(self, found: Kind) -> Kind:
        """Return what other expressions see of it."""
        return found

    def finish(self, found: Kind, column: Column) -> Column:  # noqa: ARG002 - others need it
        """Bring computed values into the declared form."""
        return column


class DerivedNumber(Declared):
    """A number.

    Attributes
    ----------
    unit : str
        ``1`` for a number without unit.
    minimum, maximum : float
        A value beyond them counts as the nearer one: its operands are in their own ranges, so that
        it is an extreme and no error.
    bins : int
        As of a recorded number.
    """

    kind: Literal["numeric"]
    unit: str = "1"
    minimum: float
    maximum: float
    bins: int = Field(default=64, ge=2, le=4096)

    @model_validator(mode="after")
    def _range_is_not_empty(self) -> DerivedNumber:
        if not self.minimum < self.maximum:
            raise ValueError("minimum must be below maximum")
        return self

    def refusal(self, found: Kind) -> str:
        """Say what does not fit."""
        if not is_numeric(found):
            return f"a numeric feature needs a number; the expression gives {in_words(found)}"
        if isinstance(found, Number) and found.unit not in (None, self.unit):
            return f"unit is {self.unit!r}, and the expression gives {found.unit!r}"
        return ""

    def kind_of(self, found: Kind) -> Kind:  # noqa: ARG002 - the declared unit counts
        """Return a number in the declared unit."""
        return Number(self.unit)

    def finish(self, found: Kind, column: Column) -> Column:  # noqa: ARG002
        """Bring values into the range; what is missing stays so."""
        return np.clip(column.astype(np.float64), self.minimum, self.maximum)


class DerivedFlag(Declared):
    """Yes or no."""

    kind: Literal["flag"]

    def refusal(self, found: Kind) -> str:
        """Say what does not fit."""
        if isinstance(found, Flag):
            return ""
        return f"a flag needs yes or no; the expression gives {in_words(found)}"


class DerivedCode(Declared):
    """One code of a list.

    Attributes
    ----------
    codes : list of CodedValue
        With names for people. Those of bands are given in the order of the bands and may be called
        anything; others must be those that the expression can give. Without the list, codes and
        names are those of the expression.
    """

    kind: Literal["categorical"]
    codes: list[CodedValue] = Field(default_factory=list)

    def refusal(self, found: Kind) -> str:
        """Say what does not fit."""
        if not isinstance(found, Codes):
            return f"a categorical feature needs codes; the expression gives {in_words(found)}"
        declared = [value.code for value in self.codes]
        if not declared:
            return _unusable(found.codes)
        if found.banded:
            if len(declared) == len(found.codes):
                return ""
            return f"codes has {len(declared)}, for the {len(found.codes)} bands: " + ", ".join(
                found.codes
            )
        lacking = [code for code in found.codes if code not in declared]
        needless = [code for code in declared if code not in found.codes]
        words = [f"codes lacks {', '.join(map(repr, lacking))}"] if lacking else []
        words += [f"{', '.join(map(repr, needless))} can never occur"] if needless else []
        return "; ".join(words)

    def feature(self, found: Kind) -> dict[str, Any]:
        """Return the fields of the feature, with all codes."""
        fields = super().feature(found)
        if not self.codes and isinstance(found, Codes):
            fields["codes"] = [{"code": code, "name": code} for code in found.codes]
        return fields

    def kind_of(self, found: Kind) -> Kind:
        """Return the declared codes."""
        if not self.codes:
            return found
        return Codes(tuple(value.code for value in self.codes))

    def finish(self, found: Kind, column: Column) -> Column:
        """Give bands the declared codes."""
        if not self.codes or not isinstance(found, Codes) or not found.banded:
            return column
        declared = [value.code for value in self.codes]
        names: dict[Any, str] = dict(zip(found.codes, declared, strict=True))
        return objects([names.get(each) for each in column])


def _unusable(codes: tuple[str, ...]) -> str:
    """Say why codes that nobody gave names to cannot be used."""
    if len(codes) < 2:
        return "the expression gives one code only"
    too_long = next((code for code in codes if not 0 < len(code) <= 64), None)
    return "" if too_long is None else f"{too_long!r} has not 1 to 64 characters; give codes"


class DerivedTerms(Declared):
    """A set of codes of a terminology, chosen from a recorded one."""

    kind: Literal["terms"]

    def refusal(self, found: Kind) -> str:
        """Say what does not fit."""
        if isinstance(found, Terms):
            return ""
        return f"terms need a set of terms; the expression gives {in_words(found)}"

    def feature(self, found: Kind) -> dict[str, Any]:
        """Return the fields of the feature, with those of the set it is chosen from."""
        assert isinstance(found, Terms)  # noqa: S101 - refusal has seen to it
        return {**super().feature(found), **vars(found)}


class DerivedEmbedding(Declared):
    """The meaning of a note as numbers, by the encoder that comes in a package.

    It is no column of records: every run turns the note into numbers as its preprocessor would if
    its settings asked for sentence embeddings.
    """

    kind: Literal["embedding"]

    def refusal(self, found: Kind) -> str:
        """Say what does not fit."""
        if isinstance(found, Meaning):
            return ""
        return "an embedding is written meaning(NOTE)"


DerivedFeature = Annotated[
    DerivedNumber | DerivedFlag | DerivedCode | DerivedTerms | DerivedEmbedding,
    Field(discriminator="kind"),
]
