"""What readers fill in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Form

from client.review.decisions import MAXIMUM_COMMENT

FormText = Annotated[str, Form(max_length=MAXIMUM_COMMENT)]
FormNumber = Annotated[str, Form(pattern=r"^[0-9a-f]{32}$")]


@dataclass(frozen=True)
class AnswerForm:
    """What a reader filled in."""

    request: FormNumber
    seen: Annotated[int, Form(ge=0)]
    kind: FormText = ""
    code: FormText = ""
    feature: FormText = ""
    value: FormText = ""
    meaning: FormText = ""
    becomes: FormText = ""
    comment: FormText = ""


@dataclass(frozen=True)
class RuleForm:
    """A rule that a reader filled in."""

    request: FormNumber
    feature: FormText = ""
    when: FormText = ""
    cell: FormText = ""
    meaning: FormText = ""
    becomes: FormText = ""
    comment: FormText = ""
    step: FormText = ""
