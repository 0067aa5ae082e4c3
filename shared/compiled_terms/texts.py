"""Many short texts as two arrays: one after the other, and where each ends."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Letters = npt.NDArray[np.uint8]
Ends = npt.NDArray[np.int32]


def joined(texts: Sequence[str]) -> tuple[Letters, Ends]:
    """Return the texts as UTF-8, and the end of each."""
    parts = [text.encode() for text in texts]
    ends = np.cumsum([len(part) for part in parts], dtype=np.int32)
    return np.frombuffer(b"".join(parts), dtype=np.uint8).copy(), ends


def text_at(letters: Letters, ends: Ends, index: int) -> str:
    """Return one text."""
    start = int(ends[index - 1]) if index else 0
    return letters[start : int(ends[index])].tobytes().decode()


def all_texts(letters: Letters, ends: Ends) -> list[str]:
    """Return all texts."""
    content, found, start = letters.tobytes(), [], 0
    for end in ends.tolist():
        found.append(content[start:end].decode())
        start = end
    return found
