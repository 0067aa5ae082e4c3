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
        beside = any(each.start < match.end and match.start < each.end for each in chosen)
        larger = any(
            each.words > match.words
            for each in chosen
            if each.start < match.end and match.start < each.end
        )
        if beside and not larger and match.code not in known:
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


def _names(
    tokens: Sequence[Token], start: int, end: int, table: NameTable, errors: TypingErrors
) -> Iterator[Match]:
    words = vocabulary()
    stems = [each.stem for each in tokens[start:end]]
    repaired = [errors.corrected(each) or each for each in stems]
    plain = [each.plain for each in tokens[start:end]]
    counts = [each not in words.small and each[0].isalnum() for each in plain]
    loose = [each in words.modifiers for each in plain]
    for first in range(end - start):
        if not counts[first]:
            continue
        key: list[str] = []
        mended: list[str] = []
        firm: list[str] = []
        skipped = 0
        for last in range(first, end - start):
            if not counts[last]:
                skipped += 1
                if skipped > MOST_SMALL_WORDS:
                    break
                continue
            skipped = 0
            key.append(stems[last])
            mended.append(repaired[last])
            if not loose[last]:
                firm.append(repaired[last])
            if len(firm) > LONGEST_NAME:
                break
            tries: list[tuple[list[str], Recognised]] = [
                (key, "name"),
                (mended, "name" if mended == key else "typing error"),
            ]
            if not loose[first] and not loose[last]:
                same = all(each in key for each in firm)
                tries.append((firm, "name" if same else "typing error"))
            for tried, recognised in tries:
                code = table.terms.get(tuple(sorted(tried))) if tried else None
                if code:
                    yield Match(code, start + first, start + last + 1, len(tried), recognised)
                    break


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
