"""Names and codes as contracts write them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from shared.settings_file import StrictModel
from shared.synonyms import Synonyms

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=64)]
Code = Annotated[str, Field(min_length=1, max_length=64)]


class CodedValue(StrictModel):
    """One entry of a code list."""

    code: Code
    name: str
    synonyms: Synonyms = Field(default_factory=list)
