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
    "marked_role": frozenset(),
    "label": frozenset(".:=/(,"),
    "place": frozenset(":"),
    "introducer": frozenset(),
    "filler": frozenset(),
}
MOST_MARKS = 2
# The full stop after a longer word ends a sentence: seen by the consultant. Ana
ABBREVIATED = 4


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
        if strength == "role":
            end = self._to_bracket(self._after_adjective(end))
        if (
            self._reader.token(end).text == "."
            and len(self._reader.token(end - 1).text) > ABBREVIATED
        ):
            return None
        first = end
        while end - first < MOST_MARKS and self._reader.token(end).text in MARKS[strength]:
            end += 1
        place: int | None = end
        if end == first or self._reader.token(end).kind != "word":
            place = self._reader.after_space(end)
        if place is None:
            return None
        # In brackets after a role stands who it is: her aunt (Ana).
        is_less_sure = end > first and strength == "role" and self._reader.token(first).text != "("
        return self._after_filler(place, "marked_role" if is_less_sure else strength)

    def _to_bracket(self, place: int) -> int:
        """Return the place of an opening bracket after a space, where there is one."""
        after = self._reader.after_space(place)
        return after if after is not None and self._reader.token(after).text == "(" else place

    def _after_adjective(self, place: int) -> int:
        """Return the place after ``materna`` or the like, where it follows a role."""
        after = self._reader.after_space(place)
        if after is None or not self._reader.is_role_adjective(after):
            return place
        return after + 1

    def _after_filler(self, place: int, strength: Strength) -> tuple[int, Strength]:
        if strength not in {"role", "marked_role", "label"}:
            return place, strength
        for words, announces in fillers():
            end = self.end(place, words)
            after = None if end is None else self._reader.after_space(end)
            if after is not None:
                return after, announces
        return place, strength
