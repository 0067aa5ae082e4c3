"""The questions and answers of a deployment."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from shared.deployment.settings import Digest
from shared.settings_file import StrictModel

# Of the array that holds a part.
PART = "part"
MOST_PARTS = 10_000
MOST_BYTES = 4 * 1024**3

Outcome = Literal["wanted", "received", "active", "shadow", "refused"]


class DeployHeader(StrictModel):
    """What a question brings: first an offer without content, then part after part.

    Attributes
    ----------
    digest : str
        SHA-256 of the bundle's manifest, which names the model.
    content_hash : str
        SHA-256 of the packed bundle.
    size : int
        Bytes of the packed bundle.
    label : str
        What the coordinator's registry calls the model.
    shadow : bool
    ranks : bool
        Whether it is an engine that ranks diseases, and no model.
    part, parts : int
        Which part this is, from 1; 0 for the offer.
    """

    digest: Digest
    content_hash: Digest
    size: int = Field(ge=1, le=MOST_BYTES)
    label: str = Field(default="", max_length=200)
    shadow: bool = False
    # Left out where it says nothing, so that nodes of before read it.
    ranks: bool = Field(default=False, exclude_if=lambda ranks: not ranks)
    part: int = Field(ge=0)
    parts: int = Field(ge=1, le=MOST_PARTS)

    @model_validator(mode="after")
    def _part_is_one_of_them(self) -> DeployHeader:
        if self.part > self.parts:
            raise ValueError("there are not so many parts")
        return self


class DeploymentAnswer(StrictModel):
    """What a hospital did; nothing about any patient.

    Attributes
    ----------
    outcome : str
        ``wanted`` after an offer, ``received`` after a part, ``active`` or ``shadow`` once the
        model is in use.
    reason : str
        Why it was refused; else empty.
    active_version, active_digest : str
        Of the model that answers at the hospital now; empty where there is none.
    shadow_version : str
        Of its challenger.
    pinned : bool
    milliseconds : float or None
        Of a middling answer to a golden case, once the model was tried out.
    """

    outcome: Outcome
    reason: str = Field(default="", max_length=1000)
    active_version: str = Field(default="", max_length=200)
    active_digest: str = Field(default="", max_length=64)
    shadow_version: str = Field(default="", max_length=200)
    pinned: bool = False
    milliseconds: float | None = Field(default=None, ge=0)
