"""How records are checked here: ``quality.toml`` in the node's folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from shared.coded_value import Name
from shared.settings_file import StrictModel, load

QUALITY_FILE = "quality.toml"


class DeclaredRule(StrictModel):
    """What must be true of every record, between features.

    Attributes
    ----------
    name : str
    must : str
        An expression of the contract's language that gives yes or no, such as
        ``diastolic < systolic``. A record that lacks one of its features is not judged.
    """

    name: Name
    must: str = Field(min_length=1, max_length=2000)


class QualitySettings(StrictModel):
    """The content of ``quality.toml``; the defaults are those of a node without the file.

    Attributes
    ----------
    rule : list of DeclaredRule
        Besides those that come with Juntos.
    ignore : list of str
        Shipped rules that do not hold here, by name.
    stale_record_years : float
        A record older than that may follow another practice than today's.
    stale_source_days : int
        Data whose newest record is older than that are no longer kept up.
    folds : int
        Of the models that are asked about a diagnosis: each learned from the other folds only.
    seed : int
        Of everything random.
    """

    rule: list[DeclaredRule] = Field(default_factory=list)
    ignore: list[str] = Field(default_factory=list)
    stale_record_years: Annotated[float, Field(gt=0)] = 15
    stale_source_days: int = Field(default=730, ge=1)
    folds: int = Field(default=5, ge=2, le=20)
    seed: int = 0


def read_settings(folder: Path) -> QualitySettings:
    """Read a node's settings of checks.

    Raises
    ------
    SettingsError
        When the file is there and wrong.
    """
    path = folder / QUALITY_FILE
    return load(QualitySettings, path) if path.exists() else QualitySettings()
