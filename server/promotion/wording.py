"""The sentences of a gate, in English and Spanish, from the catalogue of this package."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from shared.pages.words import Catalogue, Words, decimal

# Of values that are a difference, written with their sign.
DIFFERENCES = ("gain", "low", "high")
# Of values that are no share.
PLAIN = ("auc", "auc_limit", "level")


@cache
def _catalogue() -> Catalogue:
    return Catalogue("server.promotion")


def in_words(key: str, values: Mapping[str, str | int | float]) -> Words:
    """Return a sentence with its gaps filled: shares in hundredths, counts as whole numbers."""
    return _catalogue()(key, **{name: _written(name, each) for name, each in values.items()})


def begins_with_a_name(key: str) -> bool:
    """Return whether a sentence begins with a gap: a name stays as it is written."""
    return _catalogue().texts["en"][key].startswith("{")


def _written(name: str, value: str | int | float) -> str | int | Words:
    if isinstance(value, float):
        if name in PLAIN:
            return decimal(value, 3)
        return decimal(100 * value, 1, "+" if name in DIFFERENCES else "-")
    return value
