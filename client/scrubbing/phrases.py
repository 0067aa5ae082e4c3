"""Phrases that announce a name, and where the name begins after them."""

from __future__ import annotations

from collections.abc import Sequence

from client.scrubbing.name_runs import RunReader
from client.scrubbing.triggers import Strength, fillers

# What may stand right after a phrase: Dr. Ruiz, madre: Ana, Fdo.: Ana. A full stop after a role
# ends the sentence.
MARKS: dict[Strength, frozenset[str]] = {
    "title": frozenset(".:"),
    "weak_title": frozenset("."),
    "role": frozenset(":=/(,"),
    "label": frozenset(".:=/("),
    "place": frozenset(":"),
    "introducer": frozenset(),
    "filler": frozenset(),
}
MOST_MARKS = 2


class PhraseReader:
    """Reads phrases from the tokens of one note."""

    def __init__(self, reader: RunReader) -> None:
        self._reader = reader

    def end(self, place: int, words: Sequence[str]) -> int | None:
        """Return the place after a phrase, or None where it does not stand at `place`."""
        for position, word in enumerate(words):
            if position:
                after = self._reader.after_space(place)
                if after is None:
                    return None
                place = after
            if self._reader.token(place).plain != word:
                return None
            place += 1
        return place

    def announced(self, end: int, strength: Strength) -> tuple[int, Strength] | None:
        """Return where a name begins after a phrase that ends before `end`, and how sure it is.

        None where nothing can follow. A role and a mark, as in ``madre:``, are less sure, since
        findings are written so too.
        """
        first = end
        while end - first < MOST_MARKS and self._reader.token(end).text in MARKS[strength]:
            end += 1
        place: int | None = end
        if end == first or self._reader.token(end).kind != "word":
            place = self._reader.after_space(end)
        if place is None:
            return None
        is_less_sure = end > first and strength == "role"
        return self._after_filler(place, "label" if is_less_sure else strength)

    def _after_filler(self, place: int, strength: Strength) -> tuple[int, Strength]:
        if strength not in {"role", "label"}:
            return place, strength
        for words, announces in fillers():
            end = self.end(place, words)
            after = None if end is None else self._reader.after_space(end)
            if after is not None:
                return after, announces
        return place, strength
