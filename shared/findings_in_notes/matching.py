"""Names of findings among the tokens of a sentence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shared.findings_in_notes.finding import Recognised
from shared.findings_in_notes.name_table import LONGEST_NAME, NameTable
from shared.findings_in_notes.note_tokens import Sentence, Token, clauses_of
from shared.findings_in_notes.typing_errors import TypingErrors
from shared.findings_in_notes.vocabulary import vocabulary

MOST_SMALL_WORDS = 4
MOST_MODIFIERS = 2
# A mistyped word that stands for a finding by itself; others have words beside them that fit.
SHORTEST_ALONE = 8


@dataclass(frozen=True)
class Match:
    """A name in a sentence.

    Attributes
    ----------
    code : str
    start, end : int
        Places among the sentence's tokens.
    words : int
        How many of them it explains.
    recognised : str
    """

    code: str
    start: int
    end: int
    words: int
    recognised: Recognised


def matches_in(sentence: Sentence, table: NameTable, errors: TypingErrors) -> list[Match]:
    """Return names that do not overlap, the longest first chosen, and what they share words with.

    "Small hands and feet" are two findings: the second shares a word with the first.
    """
    tokens = sentence.tokens
    found = list(_capitals(tokens, table))
    shared: list[Match] = []
    for start, end in clauses_of(sentence):
        found += _names(tokens, start, end, table, errors)
        shared += _sharing(tokens, start, end, table)
    taken: set[int] = set()
    chosen: list[Match] = []
    for match in sorted(found, key=lambda each: (-each.words, each.end - each.start, each.start)):
        places = range(match.start, match.end)
        if not taken.intersection(places):
            taken.update(places)
            chosen.append(match)
    known = {each.code for each in chosen}
    for match in shared:
        beside = [each for each in chosen if each.start < match.end and match.start < each.end]
        if beside and match.code not in known and all(each.words <= match.words for each in beside):
            chosen.append(match)
            known.add(match.code)
    return sorted(chosen, key=lambda each: (each.start, each.end))


def _capitals(tokens: Sequence[Token], table: NameTable) -> Iterator[Match]:
    # A note all in capitals has no abbreviations that could be told from words.
    words = [each.text for each in tokens if each.text.isalpha() and len(each.text) > 1]
    if len(words) > 3 and sum(each.isupper() for each in words) * 2 > len(words):
        return
    for place, token in enumerate(tokens):
        if token.text in table.capitals:
            yield Match(table.capitals[token.text], place, place + 1, 1, "abbreviation")


@dataclass(frozen=True)
class _Word:
    """A token that counts in a name: its stem, as it is written and mended."""

    place: int
    stem: str
    mended: str
    is_modifier: bool
    length: int


def _names(
    tokens: Sequence[Token], start: int, end: int, table: NameTable, errors: TypingErrors
) -> Iterator[Match]:
    """Yield every name in a stretch without a break, those inside others among them."""
    words = [
        _Word(
            place,
            tokens[place].stem,
            errors.corrected(tokens[place].plain) or tokens[place].stem,
            tokens[place].plain in vocabulary().modifiers,
            len(tokens[place].plain),
        )
        for place in _content(tokens, range(start, end))
    ]
    for first in range(len(words)):
        for last in range(first, min(len(words), first + LONGEST_NAME + MOST_MODIFIERS)):
            if last > first and words[last].place - words[last - 1].place > MOST_SMALL_WORDS + 1:
                break
            match = _match(words[first : last + 1], table)
            if match:
                yield match


def _match(window: Sequence[_Word], table: NameTable) -> Match | None:
    """Return the name that all words make; or all but those that only say how much."""
    ways = [[(each.stem, each.stem) for each in window]]
    ways.append([(each.stem, each.mended) for each in window])
    if not window[0].is_modifier and not window[-1].is_modifier:
        ways.append([(each.stem, each.mended) for each in window if not each.is_modifier])
    for way in ways:
        code = table.terms.get(tuple(sorted(mended for _, mended in way)))
        if code is None:
            continue
        is_mended = any(stem != mended for stem, mended in way)
        if is_mended and len(way) == 1 and window[0].length < SHORTEST_ALONE:
            continue
        recognised: Recognised = "typing error" if is_mended else "name"
        return Match(code, window[0].place, window[-1].place + 1, len(way), recognised)
    return None


def _sharing(tokens: Sequence[Token], start: int, end: int, table: NameTable) -> Iterator[Match]:
    """Yield names that leave out what stands on one side of a joining word."""
    words = vocabulary()
    for joint in range(start + 1, end - 1):
        if tokens[joint].plain not in words.joining:
            continue
        before = _content(tokens, range(joint - 1, max(start - 1, joint - 4), -1))
        after = _content(tokens, range(joint + 1, min(end, joint + 4)))
        # Small [hands] and feet; hands and feet [small]: the neighbour of the joint is left out.
        for rest, others in ((before[1:], after[:1]), (before[:1], after[1:2])):
            if not rest or not others:
                continue
            key = tuple(sorted(tokens[place].stem for place in (rest[0], *others)))
            code = table.terms.get(key)
            if code:
                places = (rest[0], *others)
                yield Match(code, min(places), max(places) + 1, len(key), "shared word")


def _content(tokens: Sequence[Token], places: range) -> list[int]:
    words = vocabulary()
    return [
        place
        for place in places
        if tokens[place].plain not in words.small and tokens[place].text[0].isalnum()
    ]
