"""The sentences of a gate, in English and Spanish, from the catalogue of this package."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from shared.pages.words import Catalogue, Words


@cache
def _catalogue() -> Catalogue:
    return Catalogue("server.promotion")


def in_words(key: str, values: Mapping[str, str | Words]) -> Words:
    """Return a sentence with its gaps filled."""
    return _catalogue()(key, **values)
