"""Words that are exceptions to the rules."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources


@cache
def _lists() -> dict[str, str]:
    path = resources.files("shared.findings_in_notes") / "words" / "exceptions.toml"
    return tomllib.loads(path.read_text("utf-8"))


def word_list(name: str) -> frozenset[str]:
    """Return a list of single words."""
    return frozenset(_lists()[name].split())
