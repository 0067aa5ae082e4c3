"""What is summed secretly, and over whom."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from typing import Annotated, Self

from pydantic import Field, model_validator

from shared.enrolment import HospitalName
from shared.secret_sum.framing import framed
from shared.settings_file import StrictModel

# With one member the sum is its vector.
FEWEST_MEMBERS = 2


class SecretQuestion(StrictModel):
    """Whose answers to one question are summed.

    Attributes
    ----------
    run : str
    question : str
        Unique in the run: every question that is answered anew has one of its own.
    attempt : int
        0, and one more each time the question is asked again because hospitals were lost.
    members : tuple of str
        The hospitals whose answers are summed, sorted by name, each once.
    """

    run: Annotated[str, Field(min_length=1, max_length=200)]
    question: Annotated[str, Field(min_length=1, max_length=200)]
    attempt: Annotated[int, Field(ge=0, lt=2**31)] = 0
    members: Annotated[tuple[HospitalName, ...], Field(min_length=FEWEST_MEMBERS)]

    @model_validator(mode="after")
    def _is_a_sorted_set(self) -> Self:
        if list(self.members) != sorted(set(self.members)):
            raise ValueError("members must be sorted by name, each once")
        return self

    @property
    def members_digest(self) -> bytes:
        """SHA-256 of the list of members: lists that differ lead to masks that do not cancel."""
        return hashlib.sha256(framed("juntos secret sum: members", *self.members)).digest()

    def without(self, lost: Collection[str]) -> SecretQuestion:
        """Return the next attempt, asked of the members that are left.

        Raises
        ------
        ValueError
            When fewer than two are left.
        """
        left = tuple(name for name in self.members if name not in lost)
        return SecretQuestion(
            run=self.run, question=self.question, attempt=self.attempt + 1, members=left
        )
