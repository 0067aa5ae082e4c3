"""Words of notes, hashed into columns, as scikit-learn's ``HashingVectorizer`` does it.

Written anew because a hospital that answers has no scikit-learn; the numbers are the same.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

WORD = re.compile(r"(?u)\b\w\w+\b")
BITS = 0xFFFFFFFF
SIGN = 0x80000000


def hash_words(notes: Sequence[str], columns: int) -> npt.NDArray[np.float32]:
    """Count the words of each note, each in the column of its hash and with the hash's sign.

    Returns
    -------
    float32 array of shape (notes, columns), each row of unit length or zero
    """
    result = np.zeros((len(notes), columns))
    for row, note in enumerate(notes):
        for word, count in Counter(WORD.findall(without_accents(note.lower()))).items():
            hashed = signed_hash(word)
            result[row, abs(hashed) % columns] += count if hashed >= 0 else -count
    lengths = np.sqrt((result**2).sum(axis=1, keepdims=True))
    scaled: npt.NDArray[np.float64] = np.divide(result, lengths, where=lengths > 0, out=result)
    return scaled.astype(np.float32)


def without_accents(text: str) -> str:
    """Return a text whose letters stand without accents."""
    if text.isascii():
        return text
    parts = unicodedata.normalize("NFKD", text)
    return "".join(each for each in parts if not unicodedata.combining(each))


@lru_cache(maxsize=65_536)
def signed_hash(word: str) -> int:
    """Return MurmurHash3 (x86, 32 bits, seed 0; Appleby 2011, public domain) as a signed number."""
    content = word.encode()
    state, whole = 0, len(content) & ~3
    for start in range(0, whole, 4):
        state ^= _mixed(int.from_bytes(content[start : start + 4], "little"))
        state = (_rotated(state, 13) * 5 + 0xE6546B64) & BITS
    if whole < len(content):
        state ^= _mixed(int.from_bytes(content[whole:], "little"))
    state ^= len(content)
    for factor, shift in ((0x85EBCA6B, 16), (0xC2B2AE35, 13)):
        state = ((state ^ (state >> shift)) * factor) & BITS
    state ^= state >> 16
    return state - (1 << 32) if state & SIGN else state


def _mixed(block: int) -> int:
    return (_rotated((block * 0xCC9E2D51) & BITS, 15) * 0x1B873593) & BITS


def _rotated(number: int, by: int) -> int:
    return ((number << by) | (number >> (32 - by))) & BITS
