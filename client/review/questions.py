"""Questions and where they stand."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from client.review.consensus import Consensus
from client.review.entry import Decided
from client.review.items import Item

STATES = ("open", "second", "disagreement", "decided", "stale")


@dataclass(frozen=True)
class Question:
    """A question, where it stands, and its record.

    Attributes
    ----------
    row : int or None
        The record's position among those of the source; None where there is none.
    is_stale : bool
        The record changed since the question was asked.
    last : int
        The last entry about it: an answer says what its reader had seen.
    """

    item: Item
    consensus: Consensus
    row: int | None
    is_stale: bool
    last: int

    @property
    def state(self) -> str:
        """One of `STATES`."""
        return "stale" if self.is_stale else self.consensus.state


@dataclass(frozen=True)
class Standing:
    """All questions at one moment."""

    decided: list[Decided]
    questions: list[Question]

    def waiting_for(self, reader: str) -> list[Question]:
        """Return what this reader can bring on, most harmful first."""
        return [
            each
            for each in self.questions
            if not each.is_stale and each.consensus.waits_for(reader)
        ]

    def count(self) -> dict[str, int]:
        """Return how many questions are in each state; stale ones are a state of their own."""
        states = Counter("stale" if q.is_stale else q.consensus.state for q in self.questions)
        return {
            name: states[name] for name in ("open", "second", "disagreement", "decided", "stale")
        }
