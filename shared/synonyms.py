"""Other names of what a contract names, for a person or a program that looks for it in local data.

They help to find a feature, a code or a class and never say what it means, so they are no part of
the contract's hash: a name learned later changes nothing about data that were read before.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

SYNONYMS = "synonyms"
_Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
# Left out of a dump where there are none, so that older releases read it.
Synonyms = Annotated[list[_Name], Field(exclude_if=lambda names: not names, max_length=200)]


def without_synonyms(content: object) -> object:
    """Return dumped content without the synonyms at any depth."""
    if isinstance(content, dict):
        return {key: without_synonyms(each) for key, each in content.items() if key != SYNONYMS}
    if isinstance(content, list):
        return [without_synonyms(each) for each in content]
    return content
