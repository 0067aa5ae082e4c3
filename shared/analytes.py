"""Laboratory analytes: molar masses, valences and what else converting their units takes."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Annotated, Literal

from pydantic import Field

from shared.settings_file import StrictModel
from shared.synonyms import Synonyms

LoincCode = Annotated[str, Field(pattern=r"^\d{1,7}-\d$")]


class UsualValues(StrictModel):
    """An interval that most adults lie in; it helps to guess a unit and judges nobody."""

    low: float
    high: float
    unit: str


class Analyte(StrictModel):
    """A substance that a laboratory measures.

    Attributes
    ----------
    name : str
    molar_mass : float or None
        In g/mol.
    valence : int or None
        Elementary charges of an ion: equivalents in a mole.
    enzyme : bool
        Whether its international unit is a catalytic activity, 1 umol/min.
    nanomoles_per_international_unit : float or None
        Where the unit is defined by the substance.
    counted_as : str or None
        The analyte whose amount of substance this one is too, reported by another mass: urea
        nitrogen is counted as urea.
    scale : {"hba1c"} or None
        A scale of its own, which no ratio of units converts.
    usual : UsualValues or None
    loinc : tuple of str
        The commonest tests, of whatever unit.
    """

    name: str
    molar_mass: float | None = Field(default=None, gt=0)
    valence: int | None = Field(default=None, gt=0)
    enzyme: bool = False
    nanomoles_per_international_unit: float | None = Field(default=None, gt=0)
    counted_as: str | None = None
    scale: Literal["hba1c"] | None = None
    usual: UsualValues | None = None
    loinc: tuple[LoincCode, ...] = ()
    synonyms: Synonyms = Field(default_factory=list)


@cache
def analytes() -> dict[str, Analyte]:
    """Return every analyte by its short name."""
    text = (resources.files("shared") / "analytes.toml").read_text(encoding="utf-8")
    return {name: Analyte.model_validate(each) for name, each in tomllib.loads(text).items()}


def known_analyte(name: str) -> str:
    """Return the name of an analyte.

    Raises
    ------
    ValueError
        Where there is none of this name.
    """
    if name not in analytes():
        raise ValueError(f"no such analyte; there are {', '.join(analytes())}")
    return name


def same_amount(one: str, other: str) -> bool:
    """Return whether a mole of one analyte is a mole of the other, as of urea and its nitrogen."""
    counted = [analytes()[name].counted_as or name for name in (one, other)]
    return counted[0] == counted[1]
