"""What is left of a word when capitals, accents, endings and the customs of a language are gone."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from shared.findings_in_notes.word_lists import word_list

# Only these differ from another word by their accent alone.
ACCENTED = frozenset({"sí"})
ORDINARY = word_list("ordinary")
# Greek and Latin words are written by these customs in English and by others in Spanish:
# brachydactyly and braquidactilia, thrombocytopenia and trombocitopenia.
CUSTOMS = (
    (re.compile(r"ph"), "f"),
    (re.compile(r"th"), "t"),
    (re.compile(r"rh"), "r"),
    (re.compile(r"ae|oe"), "e"),
    # Kyphosis and cifosis, leukaemia and leucemia.
    (re.compile(r"ch|qu|[cz]"), "k"),
    (re.compile(r"^es(?=[ptkfml])"), "s"),
    (re.compile(r"y"), "i"),
    (re.compile(r"(?:idad|ity|iti)(?:es|s)?$"), "it"),
    (re.compile(r"(.)\1+"), r"\1"),
)
ENDING = re.compile(r"(?:i?ou?s|us|um|[aeiou]*s|[aeiou]+)$")
SHORTEST_STEM = 4


@lru_cache(maxsize=100_000)
def plain(word: str) -> str:
    """Return a word without capitals and accents.

    >>> plain("Hipotonía")
    'hipotonia'
    """
    small = unicodedata.normalize("NFC", word).casefold()
    if small in ACCENTED:
        return small
    parts = unicodedata.normalize("NFKD", small.replace("\u2019", "'"))
    bare = "".join(character for character in parts if not unicodedata.combining(character))
    return bare.removesuffix("'s")


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """Return what the forms of a word have in common, in English and Spanish together.

    >>> stem("microcephaly") == stem("Microcefalia")
    True
    >>> stem("cortos") == stem("corta")
    True
    >>> stem("hypotonia") == stem("hypertonia")
    False
    """
    found = plain(word)
    if not found.isalpha() or found in ORDINARY:
        return found
    for pattern, instead in CUSTOMS:
        found = pattern.sub(instead, found)
    cut = ENDING.sub("", found)
    if len(cut) >= SHORTEST_STEM:
        return cut
    # "Mania" and "manos" would have too little left; a plural is one all the same.
    return found.removesuffix("s") if len(found) > SHORTEST_STEM else found
