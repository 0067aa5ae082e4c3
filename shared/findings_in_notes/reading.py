"""From a note to the findings that it tells of."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from shared.findings_in_notes.cues import cues_in, said_of
from shared.findings_in_notes.finding import NoteFinding
from shared.findings_in_notes.matching import matches_in
from shared.findings_in_notes.name_table import NameTable, name_table
from shared.findings_in_notes.note_tokens import LARGEST_NOTE, Sentence, Token, sentences_of
from shared.findings_in_notes.typing_errors import TypingErrors
from shared.findings_in_notes.vocabulary import vocabulary
from shared.ontology import Terminology

LONGEST_HEADING = 5


class NoteReader:
    """Finds what a note says of a patient's findings, in English and Spanish.

    Rules and a list of names, no learning: what is found can be traced to the words that were
    found. Everything is a proposal for a person.

    Parameters
    ----------
    table : NameTable
    """

    def __init__(self, table: NameTable) -> None:
        self._table = table
        self._errors = TypingErrors(table.words)

    def read(self, note: str) -> list[NoteFinding]:
        """Return all findings of a note, by their place.

        What a relative is said not to have is nobody's finding and is left out. A note is read up
        to 200,000 characters.
        """
        found: list[NoteFinding] = []
        for sentence, is_family in _with_headings(sentences_of(note[:LARGEST_NOTE])):
            found += self._of_sentence(note, sentence, is_family=is_family)
        return found

    def _of_sentence(
        self, note: str, sentence: Sentence, *, is_family: bool
    ) -> Iterator[NoteFinding]:
        matches = matches_in(sentence, self._table, self._errors)
        if not matches:
            return
        tokens = sentence.tokens
        taken = {place for each in matches for place in range(each.start, each.end)}
        cues = cues_in(tokens, taken)
        for match in matches:
            state, cue, is_denied = said_of(tokens, cues, match.start, match.end, taken)
            if is_denied or (is_family and state == "excluded"):
                continue
            start, end = tokens[match.start].start, tokens[match.end - 1].end
            yield NoteFinding(
                code=match.code,
                name=self._table.labels[match.code],
                start=start,
                end=end,
                text=note[start:end],
                state="family" if is_family else state,
                cue=_text(note, tokens, cue.start, cue.end) if cue else "",
                recognised=match.recognised,
            )


@lru_cache(maxsize=4)
def reader_of(known: Terminology) -> NoteReader:
    """Return the reader of a terminology; making one takes a second."""
    return NoteReader(name_table(known))


def _text(note: str, tokens: tuple[Token, ...], start: int, end: int) -> str:
    return note[tokens[start].start : tokens[end - 1].end]


def _with_headings(sentences: list[Sentence]) -> Iterator[tuple[Sentence, bool]]:
    """Yield sentences with whether they stand below a heading of the family's history.

    A heading on a line of its own reaches to the next heading or empty line, one that text follows
    to the end of its line, and one inside a line to the end of its sentence.
    """
    is_family, reaches = False, "sentence"
    for sentence in sentences:
        heading = _heading(sentence)
        if heading is not None:
            is_family = heading in vocabulary().family_headings
            alone = len(sentence.tokens) <= len(heading) + 1
            reaches = "paragraph" if alone else "line" if sentence.begins_line else "sentence"
        elif (
            reaches == "sentence"
            or sentence.begins_paragraph
            or (sentence.begins_line and reaches == "line")
        ):
            is_family = False
        yield sentence, is_family


def _heading(sentence: Sentence) -> tuple[str, ...] | None:
    """Return the plain words of the heading that a sentence begins with; None without one."""
    words = vocabulary()
    known = words.family_headings | words.other_headings
    tokens = [each for each in sentence.tokens[: LONGEST_HEADING + 2] if each.text not in "-*•·"]
    for length in range(min(LONGEST_HEADING, len(tokens)), 0, -1):
        found = tuple(each.plain for each in tokens[:length])
        ends_there = len(sentence.tokens) == length or (
            len(tokens) > length and tokens[length].text in (":", "-", "\u2013")
        )
        if found in known and ends_there:
            return found
    return None
