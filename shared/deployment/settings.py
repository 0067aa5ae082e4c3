"""What a run that deploys asks for."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from shared.settings_file import StrictModel

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class DeploymentSettings(StrictModel):
    """A run that brings a model to hospitals, and trains nothing.

    Attributes
    ----------
    enabled : bool
    hospitals : list of str
        Who gets it; everyone without it.
    shadow : bool
        As a challenger, whose answers are recorded and not shown.
    label : str
        What the registry calls the model.
    digest : str or None
        SHA-256 of the bundle's manifest.
    part_megabytes : float
        Larger bundles travel in parts of this size (10^6 bytes).
    """

    enabled: bool = False
    hospitals: list[str] = Field(default_factory=list)
    shadow: bool = False
    label: str = Field(default="", max_length=200)
    digest: Digest | None = None
    part_megabytes: float = Field(default=32, gt=0, le=400)

    @property
    def part_bytes(self) -> int:
        """The size of a part in bytes."""
        return max(1, int(self.part_megabytes * 1_000_000))
