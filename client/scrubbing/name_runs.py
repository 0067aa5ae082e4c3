"""Runs of words that may be one name: Ana María de la Fuente, J. R. Smith, García López."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from client.scrubbing.tokens import Token
from client.scrubbing.triggers import Strength
from client.scrubbing.vocabulary import Vocabulary

LONGEST_NAME = 6
MOST_PARTICLES = 3
# After these a name follows nearly always.
STRONG: frozenset[Strength | None] = frozenset({"title", "filler", "place", "label", "introducer"})
# A word without a vowel's company is an abbreviation: Hb, Rx.
SHORTEST_NAME = 3


@dataclass(frozen=True)
class Run:
    """Words that stand together as a name's do.

    Attributes
    ----------
    start, end : int
        Places of the first token and after the last.
    words : list of Token
        Without initials and particles.
    """

    start: int
    end: int
    words: list[Token]


class RunReader:
    """Reads runs from the tokens of one note."""

    def __init__(self, words: Vocabulary, tokens: Sequence[Token]) -> None:
        self.words = words
        self.tokens = tokens
        self._endings = tuple(sorted(words.words["endings"]))
        self._professions = tuple(sorted(words.words["profession_endings"]))

    def token(self, place: int) -> Token:
        """Return the token at a place; nothing outside the note."""
        return self.tokens[place] if 0 <= place < len(self.tokens) else Token("mark", "")

    def run(self, start: int, strength: Strength | None = None) -> Run:
        """Return the run that begins at a place; without words where none does.

        Parameters
        ----------
        strength : str or None
            How a name is announced there, if it is: what the first word may be depends on it.
        """
        after_title = strength in {"title", "filler", "place"}
        words: list[Token] = []
        place = self._after_particles(start) if after_title else start
        end = start
        while len(words) < LONGEST_NAME and self._continues(place, words, strength):
            token = self.token(place)
            if not token.is_initial:
                words.append(token)
            end = place + 1
            place = self._next(end, token, commas=strength in {"label", "marked_role"})
        # An initial alone is a vitamin or a group of blood.
        return Run(start, end if words else start, words)

    def is_clinical(self, token: Token) -> bool:
        """Return whether a word is known, or looks, as one of medicine or grammar."""
        word = token.plain
        if word in self.words.never_names:
            return True
        return len(word) > 5 and word.endswith(self._endings) and not self.is_known(token)

    def is_profession(self, token: Token) -> bool:
        """Return whether a word is never a name, even where a name is expected."""
        if self.is_known(token):
            return False
        return token.plain in self.words.never_names or token.plain.endswith(self._professions)

    def is_of_disease(self, token: Token) -> bool:
        """Return whether a word after a name makes that of a disease: Marfan syndrome."""
        if token.is_capitalised:
            return self.words.has("tails", token.plain)
        is_clinical = not self.words.has("function_words", token.plain) and self.is_clinical(token)
        return self.words.has("tails", token.plain) or is_clinical

    def is_eponym(self, token: Token) -> bool:
        """Return whether a word, or each part of it, stands for a disease, a sign or a score."""
        return all(self.words.has("eponyms", part) for part in token.plain.split("-"))

    def is_known(self, token: Token) -> bool:
        """Return whether a word is in the lists of first names or surnames."""
        known = self.words.names
        return token.plain in known or any(part in known for part in token.plain.split("-"))

    def is_sure(self, token: Token) -> bool:
        """Return whether a word is a name and hardly anything else."""
        sure = self.words.sure_names
        return token.plain in sure or any(part in sure for part in token.plain.split("-")[1:])

    def is_lower_name(self, place: int, before: list[Token]) -> bool:
        """Return whether the word at a place continues a name that is written in lower case."""
        token = self.token(place)
        return token.kind == "word" and (self.is_known if before else self.is_sure)(token)

    def is_role_adjective(self, place: int) -> bool:
        """Return whether the word at a place says which aunt or brother is meant."""
        return self.words.has("role_adjectives", self.token(place).plain)

    def after_possessive(self, place: int) -> int:
        """Return the place after ``'s``, where it stands at a place."""
        marks = (self.token(place).text, self.token(place + 1).plain)
        return place + 2 if marks in {("'", "s"), ("\u2019", "s")} else place

    def after_space(self, place: int) -> int | None:
        """Return the place after a space within a line, or None."""
        token = self.token(place)
        return place + 1 if token.kind == "space" and "\n" not in token.text else None

    def _continues(self, place: int, before: list[Token], strength: Strength | None) -> bool:
        token = self.token(place)
        if not token.is_capitalised or not token.is_written_as_a_name:
            return False
        if token.is_initial:
            return token.plain not in {"a", "y", "o", "e", "i"} or self.token(place + 1).text == "."
        if strength in STRONG:
            return (strength == "place" and not before) or not self.is_profession(token)
        is_expected = bool(before) or strength is not None
        return not self.is_clinical(token) or (is_expected and self.is_known(token))

    def _next(self, end: int, token: Token, *, commas: bool) -> int:
        """Return where the next word of a name may stand."""
        if token.is_initial and self.token(end).text == ".":
            end += 1
            if self.token(end).is_capitalised:
                return end
        if commas and self.token(end).text == ",":
            end += 1
        after = self.after_space(end)
        if after is None:
            return len(self.tokens)
        return self._after_particles(after)

    def _after_particles(self, place: int) -> int:
        """Return the place after ``de la`` and the like, where a capitalised word follows."""
        first = place
        for _ in range(MOST_PARTICLES):
            after = self.after_space(place + 1)
            if after is None or not self.words.has("particles", self.token(place).plain):
                break
            place = after
        return place if self.token(place).is_capitalised else first
