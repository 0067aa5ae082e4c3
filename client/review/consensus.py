"""From what readers answered to what is decided: one reader, or two and a third."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from client.review.decisions import DECISION, Answer
from client.review.entry import Decided, in_force

State = Literal["open", "second", "disagreement", "decided"]


@dataclass(frozen=True)
class Reading:
    """The latest answer of one reader to one question."""

    number: int
    reader: str
    decision: Answer

    @property
    def category(self) -> str:
        """The decision as canonical text: two readers agree when theirs are the same."""
        return DECISION.dump_json(self.decision).decode()


@dataclass(frozen=True)
class Consensus:
    """Where a question stands.

    Attributes
    ----------
    state : {"open", "second", "disagreement", "decided"}
        ``second``: one of two readers has answered. ``disagreement``: two did, differently, and a
        third has not decided yet.
    readings : tuple of Reading
        In the order in which the readers first answered.
    decision : Answer or None
        What counts.
    by : int
        The entry that made it count; 0 while nothing does.
    """

    state: State
    readings: tuple[Reading, ...] = ()
    decision: Answer | None = None
    by: int = 0

    def reading_of(self, reader: str) -> Reading | None:
        """Return what one reader answered."""
        return next((each for each in self.readings if each.reader == reader), None)

    def waits_for(self, reader: str) -> bool:
        """Say whether an answer of this reader would bring the question on."""
        return self.state != "decided" and self.reading_of(reader) is None

    def shows_readings_to(self, reader: str, readers: int) -> bool:
        """Say whether a reader may see the others' answers: not before answering blind."""
        return (
            readers == 1
            or self.state in ("disagreement", "decided")
            or bool(self.reading_of(reader) and len(self.readings) > 1)
        )


def consensus_of(readings: Iterable[Reading], readers: int) -> Consensus:
    """Decide one question.

    Parameters
    ----------
    readings : iterable of Reading
        One for each reader, in the order in which they first answered.
    readers : int
        1: the latest answer counts, whose ever it is. 2: the first two readers must agree; where
        they do not, the third decides.
    """
    given = tuple(readings)
    if not given:
        return Consensus("open")
    if readers == 1:
        latest = max(given, key=lambda each: each.number)
        return Consensus("decided", given, latest.decision, latest.number)
    if len(given) == 1:
        return Consensus("second", given)
    first, second = given[:2]
    if first.category == second.category:
        by = max(first.number, second.number)
        return Consensus("decided", given, first.decision, by)
    if len(given) == 2:
        return Consensus("disagreement", given)
    return Consensus("decided", given, given[2].decision, given[2].number)


def readings_by_item(decided: list[Decided]) -> dict[str, list[Reading]]:
    """Return the readings of each question, each reader's latest, in order of first answers."""
    latest: dict[str, dict[str, Reading]] = defaultdict(dict)
    for each in in_force(decided):
        entry, content = each.entry, each.content
        if entry.item and content is not None:
            # A dictionary keeps the place of the first answer, and takes the value of the last.
            decision: Answer = content.decision  # type: ignore[assignment]
            latest[entry.item][entry.reader] = Reading(entry.number, entry.reader, decision)
    return {item: list(found.values()) for item, found in latest.items()}
