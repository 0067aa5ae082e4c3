"""What is said of findings by the words near them: absent, a relative's, not sure.

After NegEx (Chapman et al. 2001, Journal of Biomedical Informatics 34) and ConText (Harkema et al.
2009, the same 42): phrases before or after a finding, a scope that other phrases end, and phrases
that only look like the first.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from shared.findings_in_notes.finding import State
from shared.findings_in_notes.note_tokens import Token
from shared.findings_in_notes.vocabulary import Kind, vocabulary

LONGEST_CUE = 5
# Words between a finding and what is said of it afterwards.
NEAR = 3
BEFORE: dict[Kind, State] = {
    "family_before": "family",
    "absent_before": "excluded",
    "uncertain_before": "uncertain",
    "hypothetical_before": "uncertain",
}
AFTER: dict[Kind, State] = {
    "family_after": "family",
    "absent_after": "excluded",
    "uncertain_after": "uncertain",
}
# Of what is said of one finding, the first counts.
ORDER: tuple[State, ...] = ("family", "uncertain", "excluded")
# Answers to a question: only right after the finding, and with nothing after them.
SHORT_ANSWERS = frozenset({("no",), ("not",)})
HALF_SENTENCES = frozenset((("was", "not"), ("were", "not"), ("is", "not"), ("are", "not")))
# "Are absent" is said of all that is listed, "is absent" of the last.
OF_ONE = frozenset({"is", "was", "has"})
# A condition where a sentence begins with it, advice elsewhere.
CONDITION = ("should",)


@dataclass(frozen=True)
class Cue:
    """A phrase in a sentence.

    Attributes
    ----------
    kinds : frozenset of str
    start, end : int
        Places among the sentence's tokens.
    words : tuple of str
    """

    kinds: frozenset[Kind]
    start: int
    end: int
    words: tuple[str, ...]


def cues_in(tokens: Sequence[Token], taken: Collection[int]) -> list[Cue]:
    """Return the phrases of a sentence from left to right, the longest at each place.

    Parameters
    ----------
    taken : collection of int
        Places of tokens that name findings: "absent speech" denies nothing.
    """
    known = vocabulary().cues
    found: list[Cue] = []
    place = 0
    while place < len(tokens):
        for length in range(min(LONGEST_CUE, len(tokens) - place), 0, -1):
            words = tuple(token.plain for token in tokens[place : place + length])
            kinds = known.get(words)
            if kinds and not any(place + each in taken for each in range(length)):
                found.append(Cue(kinds, place, place + length, words))
                place += length
                break
        else:
            place += 1
    return found


def said_of(
    tokens: Sequence[Token], cues: Sequence[Cue], start: int, end: int, taken: Collection[int]
) -> tuple[State, Cue | None, bool]:
    """Return how a finding is meant, by which phrase, and whether a relative has it not.

    Parameters
    ----------
    start, end : int
        Places of the finding's tokens.
    taken : collection of int
        Places of all findings' tokens.
    """
    found: dict[State, Cue] = {}
    for cue in cues:
        for kind in cue.kinds:
            state = None
            if cue.end <= start and kind in BEFORE and _reaches(tokens, cues, cue, kind, start):
                state = BEFORE[kind]
            elif cue.start >= end and kind in AFTER and _follows(tokens, cue, kind, end, taken):
                state = AFTER[kind]
            if state:
                found[state] = cue
    for state in ORDER:
        if state in found:
            return state, found[state], state == "family" and "excluded" in found
    return "present", None, False


def _reaches(
    tokens: Sequence[Token], cues: Sequence[Cue], cue: Cue, kind: Kind, start: int
) -> bool:
    """Say whether what a phrase says goes as far as a finding after it."""
    if cue.words == CONDITION and cue.start:
        return False
    between = [each for each in cues if cue.end <= each.start and each.end <= start]
    marks = {token.text for token in tokens[cue.end : start]}
    if ";" in marks:
        return False
    if kind in ("family_before", "hypothetical_before"):
        return not any("patient" in each.kinds for each in between)
    if any(each.kinds & {"ends", "patient"} for each in between):
        return False
    if kind == "absent_before" and any(_denies_again(each) for each in between):
        return False
    return kind != "uncertain_before" or not marks & {",", ":"}


def _denies_again(cue: Cue) -> bool:
    """Say whether a phrase takes over: what follows "no" and then "possible" is possible."""
    return "uncertain_before" in cue.kinds or "hypothetical_before" in cue.kinds


def _follows(
    tokens: Sequence[Token], cue: Cue, kind: Kind, end: int, taken: Collection[int]
) -> bool:
    """Say whether a phrase after a finding is about it: nothing but other findings between."""
    between = range(end, cue.start)
    after = tokens[cue.end].text if cue.end < len(tokens) else "."
    if cue.words in HALF_SENTENCES and after[0].isalnum():
        return False
    if kind == "absent_after" and cue.words in SHORT_ANSWERS:
        near = all(tokens[place].text in (":", "?") for place in between)
        return near and not after[0].isalnum()
    if cue.words[0] in OF_ONE and any(place in taken for place in between):
        return False
    if between and tokens[cue.start - 1].text == ":":
        between = range(end, cue.start - 1)
    others = [place for place in between if place not in taken]
    joining = vocabulary().joining | vocabulary().small | vocabulary().modifiers
    listed = any(place in taken for place in between)
    words = [tokens[place] for place in others if tokens[place].plain not in joining]
    marks = [each.text for each in words if not each.text[0].isalnum()]
    if any(mark not in {","} for mark in marks):
        return False
    if marks and not listed:
        return False
    return len(words) - len(marks) <= (0 if listed else NEAR)
