"""One line of the review: who decided what, when and why."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Self

from pydantic import Field
from sqlalchemy import RowMapping

from client.chain import Link
from client.review.decisions import DECISION, MAXIMUM_COMMENT, Decision, Undo
from client.review.identity import RecordIdentity
from shared.errors import JuntosError
from shared.settings_file import StrictModel


class BrokenReviewError(JuntosError):
    """Decisions that were changed, taken out or put in."""


class Content(StrictModel):
    """What an entry says; can be taken away when its patient is erased.

    Attributes
    ----------
    decision : Decision
    comment : str
        Why, in the reader's words.
    question, feature : str
        What was asked, and of which feature.
    person, content, occurrence
        The record; see `RecordIdentity`. Empty for rules.
    """

    decision: Decision
    comment: str = Field(default="", max_length=MAXIMUM_COMMENT)
    question: str = ""
    feature: str = ""
    person: str = ""
    content: str = ""
    occurrence: int = 0

    @property
    def record(self) -> RecordIdentity:
        """The record that was decided on."""
        return RecordIdentity(self.person, self.content, self.occurrence)

    def text(self) -> str:
        """Return it as canonical JSON."""
        return json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))

    def digest(self, salt: str) -> str:
        """Return the SHA-256 that the chain keeps; the salt keeps others from guessing."""
        return hashlib.sha256(f"{salt}\n{self.text()}".encode()).hexdigest()


@dataclass(frozen=True)
class Entry(Link):
    """A decision in its place.

    Attributes
    ----------
    reader : str
        Who decided.
    item : str
        The question that was answered; empty for what undoes.
    request : str
        Made when the form was; what is sent twice is written once.
    digest : str
        SHA-256 of the content with its salt.
    """

    reader: str
    item: str
    request: str
    digest: str

    @classmethod
    def from_row(cls, row: RowMapping) -> Self:
        """Read one from the database."""
        return cls(**{name: row[name] for name in cls.__dataclass_fields__})


@dataclass(frozen=True)
class Decided:
    """An entry with its content; None where the patient was erased."""

    entry: Entry
    content: Content | None

    @property
    def undoes(self) -> int:
        """The number of the entry that no longer counts because of this one; 0 for none."""
        decision = self.content.decision if self.content else None
        return decision.entry if isinstance(decision, Undo) else 0

    def as_json(self) -> dict[str, Any]:
        """Return what programs read."""
        content = self.content
        return {
            "number": self.entry.number,
            "time": self.entry.time,
            "reader": self.entry.reader,
            "item": self.entry.item,
            "question": content.question if content else "",
            "decision": DECISION.dump_python(content.decision) if content else None,
            "comment": content.comment if content else "",
        }


def in_force(decided: list[Decided]) -> list[Decided]:
    """Return the entries that count: neither undone nor undoing nor erased, in order."""
    undone = {each.undoes for each in decided if each.undoes}
    return [
        each
        for each in decided
        if each.entry.number not in undone and not each.undoes and each.content
    ]
