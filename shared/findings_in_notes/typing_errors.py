"""Words that were mistyped, where there is one word that they can mean."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from rapidfuzz.distance import DamerauLevenshtein

# Stems from this length on may have one error, and two.
ONE_ERROR, TWO_ERRORS = 7, 12
# Too much, too little; quick, slow; large, small: a letter apart and the opposite of each other.
OPPOSITES = (("hiper", "hipo"), ("takhi", "bradi"), ("makro", "mikro"), ("poli", "oligo"))


class TypingErrors:
    """Corrects single words.

    Parameters
    ----------
    stems : iterable of str
        Stems of all words that names are made of.
    """

    def __init__(self, stems: Iterable[str]) -> None:
        self._known = frozenset(stems)
        self._by_start: dict[tuple[str, int], list[str]] = {}
        for each in sorted(self._known):
            if len(each) >= ONE_ERROR - 1 and each.isalpha():
                self._by_start.setdefault((each[0], len(each)), []).append(each)
        self.corrected = lru_cache(maxsize=50_000)(self._corrected)

    def _corrected(self, word: str) -> str | None:
        """Return the only stem that is near enough; None for a known word, or where several are.

        The distance counts letters that are wrong, missing, added or exchanged with the next
        (Damerau 1964, Communications of the ACM 7): one, in long words two.
        """
        if word in self._known or len(word) < ONE_ERROR or not word.isalpha():
            return None
        most = 2 if len(word) >= TWO_ERRORS else 1
        near = [
            (distance, each)
            for length in range(len(word) - most, len(word) + most + 1)
            for each in self._by_start.get((word[0], length), [])
            # One more, so that a second meaning almost as near is seen.
            if (distance := DamerauLevenshtein.distance(word, each, score_cutoff=most + 1))
            <= most + 1
        ]
        near.sort()
        if not near or near[0][0] > most:
            return None
        best = near[0][1]
        if any(distance == near[0][0] for distance, _ in near[1:]):
            return None
        return None if _may_be_the_opposite(best, [each for _, each in near]) else best


def _may_be_the_opposite(word: str, near: Iterable[str]) -> bool:
    """Say whether the opposite of a word is as good as near."""
    for pair in OPPOSITES:
        for one, other in (pair, pair[::-1]):
            if word.startswith(one) and other + word.removeprefix(one) in near:
                return True
    return False
