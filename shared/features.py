"""The features that a record can hold, one class for each kind."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, TypeAdapter, model_validator

from shared.analytes import known_analyte
from shared.coded_value import CodedValue, Name
from shared.derived import Codes, Flag, Kind, Number, Terms, Text
from shared.settings_file import StrictModel
from shared.synonyms import Synonyms


class NumericFeature(StrictModel):
    """A measured number.

    Attributes
    ----------
    unit : str
        UCUM unit, for example ``mm[Hg]`` or ``mg/dL``; ``1`` for a number without unit.
    minimum, maximum : float
        The plausible range, in `unit`; a value outside is an error of the data. The range is also
        the extent of the histogram that hospitals report, so it must not depend on any data.
    bins : int
        Equal-width bins of that histogram.
    analyte : str or None
        What is measured, as in `shared.analytes`; with it, mass and amount of substance (mg/dL and
        mmol/L) convert.
    """

    name: Name
    kind: Literal["numeric"]
    description: str
    synonyms: Synonyms = Field(default_factory=list)
    unit: str
    minimum: float
    maximum: float
    bins: int = Field(default=64, ge=2, le=4096)
    # Left out of a dump, and so of the hash, where there is none.
    analyte: Annotated[str, AfterValidator(known_analyte)] | None = Field(
        default=None, exclude_if=lambda name: name is None
    )

    @model_validator(mode="after")
    def _range_is_not_empty(self) -> NumericFeature:
        if not self.minimum < self.maximum:
            raise ValueError("minimum must be below maximum")
        return self


class CategoricalFeature(StrictModel):
    """One code of a fixed list."""

    name: Name
    kind: Literal["categorical"]
    description: str
    synonyms: Synonyms = Field(default_factory=list)
    codes: list[CodedValue] = Field(min_length=2)


class FlagFeature(StrictModel):
    """Yes or no."""

    name: Name
    kind: Literal["flag"]
    description: str
    synonyms: Synonyms = Field(default_factory=list)


class TermsFeature(StrictModel):
    """A set of codes of a terminology, for example the observed HPO terms."""

    name: Name
    kind: Literal["terms"]
    description: str
    synonyms: Synonyms = Field(default_factory=list)
    code_system: str = Field(description="HPO, or the name of another code system")
    pattern: str = Field(default=r"^HP:\d{7}$", description="what every code must look like")
    maximum_terms: int = Field(default=500, ge=1)
    # Left out of a dump, and so of the hash, where it is the usual one.
    meaning: Literal["present", "absent"] = Field(
        default="present",
        exclude_if=lambda meaning: meaning == "present",
        description="absent: findings that were looked for and are not there",
    )

    @property
    def is_absent(self) -> bool:
        """Whether its terms were looked for and are absent.

        Which findings somebody looked for tells what they thought of, so no model learns from
        these; they count as evidence against a disease, and only where diseases are ranked.
        """
        return self.meaning == "absent"


class TextFeature(StrictModel):
    """A free-text note. It is read and turned into numbers inside the hospital only."""

    name: Name
    kind: Literal["text"]
    description: str
    synonyms: Synonyms = Field(default_factory=list)
    maximum_length: int = Field(default=100_000, ge=1)


Feature = Annotated[
    NumericFeature | CategoricalFeature | FlagFeature | TermsFeature | TextFeature,
    Field(discriminator="kind"),
]
_FEATURE: TypeAdapter[Feature] = TypeAdapter(Feature)


def feature_of(fields: dict[str, Any]) -> Feature:
    """Return the feature with some fields, which say its kind."""
    return _FEATURE.validate_python(fields)


def is_absent(feature: Feature) -> bool:
    """Say whether a feature holds findings that were looked for and are absent."""
    return isinstance(feature, TermsFeature) and feature.is_absent


def kind_of(feature: Feature) -> Kind:
    """Return what expressions see of a recorded feature."""
    if isinstance(feature, NumericFeature):
        return Number(feature.unit)
    if isinstance(feature, CategoricalFeature):
        return Codes(tuple(value.code for value in feature.codes))
    if isinstance(feature, TermsFeature):
        return Terms(feature.code_system, feature.pattern, feature.maximum_terms)
    return Flag() if isinstance(feature, FlagFeature) else Text()
