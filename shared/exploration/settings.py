"""What a run that explores asks for."""

from __future__ import annotations

from pydantic import Field, field_validator

from shared.settings_file import StrictModel

MOST_STUDIES = 20


class Study(StrictModel):
    """Patients that a study would want.

    Attributes
    ----------
    name : str
    where : str
        Conditions, all of which must hold: ``age >= 40 and class = grade_4``; see
        `shared.exploration.criteria`.
    """

    name: str = Field(min_length=1, max_length=80)
    where: str = Field(min_length=1, max_length=500)


class Studies(StrictModel):
    """The content of a file of studies.

    Attributes
    ----------
    study : list of Study
        In order of importance: where two cannot both be told, the first is.
    """

    study: list[Study] = Field(min_length=1, max_length=MOST_STUDIES)

    @field_validator("study")
    @classmethod
    def _are_told_apart(cls, study: list[Study]) -> list[Study]:
        names = [each.name for each in study]
        if len(set(names)) < len(names):
            raise ValueError("two studies have the same name")
        return study


class ExplorationSettings(StrictModel):
    """A run that asks what the data are like, and trains nothing.

    Attributes
    ----------
    enabled : bool
    hospitals : list of str
        Who is asked; everyone without it.
    study : list of Study
        How many patients of each there are.
    """

    enabled: bool = False
    hospitals: list[str] = Field(default_factory=list)
    study: list[Study] = Field(default_factory=list, max_length=MOST_STUDIES)
