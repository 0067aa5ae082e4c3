"""Passing on keys: what the coordinator asks, and what a hospital answers."""

from __future__ import annotations

from pydantic import Field

from shared.secret_sum.key_offer import KeyOffer
from shared.settings_file import StrictModel


class KeysHeader(StrictModel):
    """A question about keys.

    Attributes
    ----------
    run : str
        Unique to the process that asks, so that no key is used twice.
    offers : list of KeyOffer
        Empty at first: the hospital is asked for its own. Then those of all hospitals.
    """

    run: str = Field(min_length=1, max_length=200)
    offers: list[KeyOffer] = Field(default_factory=list)


class KeysAnswer(StrictModel):
    """An answer about keys.

    Attributes
    ----------
    offer : KeyOffer or None
        The hospital's own.
    refused : dict of str to str
        Hospitals whose keys are not accepted, with the reason.
    """

    offer: KeyOffer | None = None
    refused: dict[str, str] = Field(default_factory=dict)
