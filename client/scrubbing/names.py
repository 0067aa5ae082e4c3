"""Which runs of words are names of persons or places, by what stands around them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from client.scrubbing.name_runs import SHORTEST_NAME, Run, RunReader
from client.scrubbing.phrases import PhraseReader
from client.scrubbing.tokens import Token
from client.scrubbing.triggers import Strength, triggers
from client.scrubbing.vocabulary import Vocabulary

NAME = "[NAME]"
PLACE = "[PLACE]"
# How far before a name the word may stand that makes it a disease's: síndrome de la ...
WORDS_TO_HEAD = 4
LONGEST_LOWER = 4


@dataclass(frozen=True)
class Found:
    """Tokens to be replaced: places of the first and after the last."""

    start: int
    end: int
    placeholder: str


class NameFinder:
    """Finds the names in one note, from left to right."""

    def __init__(self, words: Vocabulary, tokens: Sequence[Token]) -> None:
        self._words = words
        self._tokens = tokens
        self._reader = RunReader(words, tokens)
        self._phrases = PhraseReader(self._reader)

    def found(self) -> Iterator[Found]:
        """Yield what is a name or a place; no two overlap."""
        place = 0
        while place < len(self._tokens):
            found = self._at(place) if self._tokens[place].kind == "word" else None
            if found is not None and found.placeholder:
                yield found
            place = place + 1 if found is None else found.end

    def _at(self, place: int) -> Found | None:
        return self._announced(place) or self._bare(place)

    def _announced(self, place: int) -> Found | None:
        """Return the name that a title, a role, a label or a phrase at this place announces."""
        for trigger in triggers().get(self._tokens[place].plain, ()):
            end = self._phrases.end(place, trigger.words)
            found = None if end is None else self._after(place, end, trigger.strength)
            if found is not None:
                return found
        return None

    def _after(self, start: int, end: int, strength: Strength) -> Found | None:
        """Return the name after a trigger that ends before `end`."""
        shouted = self._reader.token(start).is_shouted
        announced = self._phrases.announced(end, strength)
        if announced is None:
            return None
        begin, strength = announced
        run = self._reader.run(begin, strength)
        if not run.words:
            run = self._uncapitalised(begin, strength)
        if strength == "weak_title" and self._follows_grammar(start):
            strength = "title"
        if not run.words or not self._accepted(run, strength, shouted=shouted):
            return None
        return Found(run.start, run.end, PLACE if strength == "place" else NAME)

    def _follows_grammar(self, place: int) -> bool:
        """Return whether ``con D.`` or the like stands there, and not ``vitamina D.``."""
        before = self._reader.token(place - 2).plain
        is_spaced = self._reader.token(place - 1).kind == "space"
        return is_spaced and self._words.has("function_words", before)

    def _uncapitalised(self, place: int, strength: Strength) -> Run:
        """Return known names in lower case, as in hasty notes: dra. garcia."""
        words: list[Token] = []
        end = place
        if strength in {"title", "filler", "label", "marked_role"}:
            while len(words) < LONGEST_LOWER and self._reader.is_lower_name(place, words):
                words.append(self._reader.token(place))
                end = place + 1
                place = self._reader.after_space(end) or len(self._tokens)
        return Run(end - 2 * len(words) + 1 if words else place, end, words)

    def _accepted(self, run: Run, strength: Strength, *, shouted: bool) -> bool:
        """Return whether an announced run is a name."""
        first = run.words[0]
        if strength in {"title", "filler", "place"}:
            return True
        if strength == "weak_title":
            return first.plain in self._words.first_names
        if any(self._reader.is_known(word) for word in run.words):
            if strength in {"label", "introducer"} and not self._is_about_disease(run):
                return True
            return not self._is_medical(run) or self._has_first_name(run)
        if self._is_medical(run) or (not shouted and any(each.is_shouted for each in run.words)):
            return False
        is_sure_enough = strength != "marked_role" or len(run.words) > 1
        return is_sure_enough and len(first.text) >= SHORTEST_NAME

    def _has_first_name(self, run: Run) -> bool:
        return any(word.plain in self._words.first_names for word in run.words)

    def _bare(self, place: int) -> Found | None:
        """Return the name at this place that nothing announces."""
        token = self._tokens[place]
        if not token.is_capitalised:
            return None
        run = self._reader.run(place)
        if not run.words:
            return None
        if self._before_place(run):
            return Found(run.start, run.end, PLACE)
        if self._is_bare_name(run):
            return Found(run.start, run.end, NAME)
        # The parts of a disease's name are nobody's either: Glasgow Coma Scale.
        return Found(run.start, run.end, "") if self._is_medical(run) else None

    def _is_bare_name(self, run: Run) -> bool:
        first = run.words[0]
        has_first_name = first.plain in self._words.first_names and len(run.words) > 1
        if self._tokens[run.start].is_initial and self._reader.is_known(first):
            return not self._is_about_disease(run)
        if self._is_medical(run):
            is_eponym = all(map(self._reader.is_eponym, run.words))
            return has_first_name and not (is_eponym and self._is_about_disease(run))
        if len(run.words) == 1:
            return self._reader.is_sure(first)
        if has_first_name or any(map(self._reader.is_sure, run.words)):
            return True
        unlikely = any(each.is_shouted or len(each.text) < SHORTEST_NAME for each in run.words)
        return not unlikely and self._is_subject(run)

    def _is_subject(self, run: Run) -> bool:
        """Return whether unknown words stand as a person does, and not as in a heading.

        Within a sentence hardly anything else has a capital. At its start, it goes on in lower
        case, or says an age: Zubin Okonkwo, de 45 años.
        """
        before = self._reader.token(run.start - 2)
        if before.kind == "word" and self._reader.after_space(run.start - 1) is not None:
            return not before.is_capitalised
        is_comma = self._reader.token(run.end).text == ","
        after = self._reader.after_space(run.end + is_comma)
        if after is None:
            return False
        token = self._reader.token(after)
        if is_comma:
            return token.text.isdigit() or self._words.has("age_words", token.plain)
        return token.kind == "word" and token.text.islower()

    def _is_medical(self, run: Run) -> bool:
        """Return whether a run names a disease, a sign or a score."""
        return any(map(self._reader.is_eponym, run.words)) or self._is_about_disease(run)

    def _is_about_disease(self, run: Run) -> bool:
        """Return whether the words around a run make a disease, a sign or a score of it."""
        if self._words.has("tails", run.words[-1].plain):
            return True
        after = self._reader.after_space(self._reader.after_possessive(run.end))
        if after is not None and self._reader.is_of_disease(self._reader.token(after)):
            return True
        return self._follows_head(run.start)

    def _follows_head(self, place: int) -> bool:
        """Return whether ``síndrome de`` or the like stands before a place."""
        for _ in range(WORDS_TO_HEAD):
            if self._reader.token(place - 1).kind != "space":
                return False
            place -= 2
            word = self._reader.token(place).plain
            if self._words.has("heads", word):
                return True
            if not self._words.has("particles", word) and word not in {"of", "the"}:
                return False
        return False

    def _before_place(self, run: Run) -> bool:
        after = self._reader.after_space(self._reader.after_possessive(run.end))
        return after is not None and self._words.has("place_tails", self._reader.token(after).plain)
