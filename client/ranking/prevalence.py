"""How frequent diseases are where the hospital stands: ``ranking.toml`` of the node's folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, model_validator

from shared.settings_file import StrictModel, load

FILE = "ranking.toml"
Share = Annotated[float, Field(gt=0, lt=1)]
ANYWHERE = "anywhere"


class PrevalenceSettings(StrictModel):
    """What is said of how frequent diseases are; every answer shows what of it entered.

    Attributes
    ----------
    hospital_type : str
        What kind of hospital this is, such as ``genetics_clinic``; one of those that `prevalence`
        knows, or ``anywhere``.
    prevalence : dict of str to dict of str to float
        By disease (``OMIM:142900``, ``I10``), the share of patients who turn out to have it, by
        type of hospital; ``anywhere`` where the type has none of its own.
    """

    hospital_type: str = ANYWHERE
    prevalence: dict[str, dict[str, Share]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _leaves_room(self) -> PrevalenceSettings:
        if sum(self.here.values()) >= 1:
            raise ValueError(
                f"the shares of {self.hospital_type} sum to 1 or more: nothing is left for others"
            )
        types = {each for shares in self.prevalence.values() for each in shares}
        if self.hospital_type != ANYWHERE and types and self.hospital_type not in types:
            known = ", ".join(sorted(types))
            raise ValueError(f"no prevalence speaks of {self.hospital_type!r}; those do: {known}")
        return self

    @property
    def here(self) -> dict[str, float]:
        """The share of each disease at this type of hospital; without those it says nothing of."""
        found = {
            disease: shares.get(self.hospital_type, shares.get(ANYWHERE))
            for disease, shares in self.prevalence.items()
        }
        return {disease: share for disease, share in found.items() if share is not None}


def read_prevalence(home: Path) -> PrevalenceSettings:
    """Read the settings of a node; nothing is said where there is no file.

    Raises
    ------
    SettingsError
        Naming each key that is missing, unknown or wrong.
    """
    path = home / FILE
    return load(PrevalenceSettings, path) if path.is_file() else PrevalenceSettings()
