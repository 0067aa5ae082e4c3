"""Words that were mistyped, where there is one word that they can mean."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from rapidfuzz.distance import DamerauLevenshtein

from shared.findings_in_notes.spelling import ORDINARY, stem

# Words from this length on may have one error, and two.
ONE_ERROR, TWO_ERRORS = 6, 12


class TypingErrors:
    """Corrects single words.

    A word that is known is never changed, and where two known words are equally near, nothing is:
    "hypetonia" may be too much tone or too little.

    Parameters
    ----------
    words : iterable of str
        All words that names are made of, plain.
    """

    def __init__(self, words: Iterable[str]) -> None:
        known = frozenset(words)
        self._stems = frozenset(stem(each) for each in known)
        self._by_start: dict[tuple[str, int], list[str]] = {}
        for each in sorted(known):
            if len(each) >= ONE_ERROR - 1 and each.isalpha():
                self._by_start.setdefault((each[0], len(each)), []).append(each)
        self.corrected = lru_cache(maxsize=50_000)(self._corrected)

    def _corrected(self, word: str) -> str | None:
        """Return the stem of the only word that is near enough; None where there is none.

        The distance counts letters that are wrong, missing, added or exchanged with the next
        (Damerau 1964, Communications of the ACM 7): one, in long words two.

        Parameters
        ----------
        word : str
            Plain.
        """
        if len(word) < ONE_ERROR or not word.isalpha():
            return None
        if word in ORDINARY or stem(word) in self._stems:
            return None
        most = 2 if len(word) >= TWO_ERRORS else 1
        near: dict[str, int] = {}
        for length in range(len(word) - most, len(word) + most + 1):
            for each in self._by_start.get((word[0], length), []):
                distance = DamerauLevenshtein.distance(word, each, score_cutoff=most)
                if distance <= most:
                    found = stem(each)
                    near[found] = min(distance, near.get(found, distance))
        if not near:
            return None
        least = min(near.values())
        best = [each for each, distance in near.items() if distance == least]
        return best[0] if len(best) == 1 else None
