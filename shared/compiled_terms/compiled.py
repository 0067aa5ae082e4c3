"""Terms read from arrays that stay on disk until they are asked for."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from shared.compiled_terms import layout
from shared.compiled_terms.texts import all_texts, text_at
from shared.errors import BundleError
from shared.models.base import Arrays
from shared.ontology import Terminology

# Of the safetensors format; the ones that this file uses.
TYPES: dict[str, Any] = {
    "U8": np.dtype(np.uint8),
    "I32": np.dtype("<i4"),
    "F32": np.dtype("<f4"),
}
LONGEST_HEADER = 1_000_000


@dataclass(frozen=True)
class TermMatch:
    """A term that a search found.

    Attributes
    ----------
    code, name : str
    matched : str
        The name or synonym that fits what was searched for.
    """

    code: str
    name: str
    matched: str


class CompiledTerminology(Terminology):
    """The terms of one release.

    Parameters
    ----------
    arrays : Arrays
        As in `shared.compiled_terms.layout`.
    """

    def __init__(self, arrays: Arrays) -> None:
        layout.check_layout(arrays)
        self._arrays = arrays
        width = arrays[layout.CODES].shape[1]
        self._codes = np.ascontiguousarray(arrays[layout.CODES]).view(f"S{width}").ravel()
        self._row = lru_cache(maxsize=65_536)(self._find)
        self._above = lru_cache(maxsize=65_536)(self._ancestors)

    def is_known(self, code: str) -> bool:
        """Say whether a record may hold `code`: a term, or one that was replaced by a term."""
        return self._row(code) is not None

    def current(self, code: str) -> str:
        """Return the term that `code` stands for today."""
        row = self._row(code)
        return code if row is None else self._code(int(self._arrays[layout.CURRENT][row]))

    def name(self, code: str) -> str:
        """Return the term's label; the code itself where there is no such term."""
        row = self._row(code)
        return code if row is None else self._name(int(self._arrays[layout.CURRENT][row]))

    def ancestors(self, code: str) -> tuple[str, ...]:
        """Return the term and everything above it, sorted, without what everyone has."""
        return self._above(code)

    def version(self) -> str:
        """Return the date of the release."""
        return self._text(layout.VERSION, 0)

    def codes(self) -> tuple[str, ...]:
        """Return every finding, sorted."""
        rows = np.flatnonzero(self._arrays[layout.FINDINGS])
        return tuple(self._code(int(row)) for row in rows)

    def synonyms(self, code: str) -> tuple[str, ...]:
        """Return the other words for a term; none where the bundle was made without them."""
        row = self._row(self.current(code))
        found = np.flatnonzero(self._arrays[layout.SYNONYM_OF] == row) if row is not None else ()
        return tuple(self._text(layout.SYNONYMS, int(index)) for index in found)

    def other_names(self) -> list[tuple[str, str]]:
        """Return every synonym of a finding with its code; none where there are none."""
        rows, findings = self._arrays[layout.SYNONYM_OF], self._arrays[layout.FINDINGS]
        pairs = zip(self._texts(layout.SYNONYMS), rows.tolist(), strict=True)
        return [(word, self.current(self._code(row))) for word, row in pairs if findings[row]]

    def search(self, text: str, most: int = 12) -> list[TermMatch]:
        """Return the findings whose name or synonym has all words of a text, the best first.

        Parameters
        ----------
        text : str
            In any case; the last word may be unfinished. A code finds its term.
        """
        if self.is_known(text.strip().upper()):
            code = self.current(text.strip().upper())
            return [TermMatch(code, self.name(code), code)]
        words = text.casefold().split()
        if not words:
            return []
        best: dict[int, tuple[tuple[int, int, str], str]] = {}
        for plain, original, row in self._phrases:
            if all(word in plain for word in words):
                rank = (_closeness(plain, words), len(plain), plain)
                if row not in best or rank < best[row][0]:
                    best[row] = (rank, original)
        ordered = sorted(best.items(), key=lambda each: each[1][0])[:most]
        return [TermMatch(self._code(row), self._name(row), word) for row, (_, word) in ordered]

    @cached_property
    def _phrases(self) -> list[tuple[str, str, int]]:
        """Every name and synonym of a finding: plain, as it is written, and its row."""
        findings = self._arrays[layout.FINDINGS]
        names = self._texts(layout.NAMES)
        phrases = [(name.casefold(), name, row) for row, name in enumerate(names) if findings[row]]
        synonyms, rows = self._texts(layout.SYNONYMS), self._arrays[layout.SYNONYM_OF].tolist()
        return phrases + [
            (word.casefold(), word, row)
            for word, row in zip(synonyms, rows, strict=True)
            if findings[row]
        ]

    def _find(self, code: str) -> int | None:
        wanted = code.encode()
        row = int(np.searchsorted(self._codes, wanted))
        return row if row < len(self._codes) and self._codes[row] == wanted else None

    def _ancestors(self, code: str) -> tuple[str, ...]:
        row = self._row(code)
        if row is None:
            return (code,)
        ends = self._arrays[layout.ends(layout.ANCESTORS)]
        start = int(ends[row - 1]) if row else 0
        rows = self._arrays[layout.ANCESTORS][start : int(ends[row])]
        return tuple(self._code(int(each)) for each in rows)

    def _code(self, row: int) -> str:
        code: bytes = self._codes[row]
        return code.decode()

    def _name(self, row: int) -> str:
        return self._text(layout.NAMES, row)

    def _text(self, name: str, index: int) -> str:
        return text_at(self._arrays[layout.letters(name)], self._arrays[layout.ends(name)], index)

    def _texts(self, name: str) -> list[str]:
        return all_texts(self._arrays[layout.letters(name)], self._arrays[layout.ends(name)])


def _closeness(phrase: str, words: Iterable[str]) -> int:
    """Say how well a phrase fits: 0 it begins so, 1 words begin so, 2 somewhere inside."""
    joined = " ".join(words)
    if phrase.startswith(joined):
        return 0
    return 1 if all(f" {word}" in f" {phrase}" for word in words) else 2


def read_terms(path: Path) -> CompiledTerminology:
    """Map a file into memory: what is never asked for is never read.

    Raises
    ------
    BundleError
        When it is no such file.
    """
    try:
        return CompiledTerminology(mapped_arrays(path))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise BundleError(f"{path.name} holds no terms.") from None


def mapped_arrays(path: Path) -> Arrays:
    """Return the arrays of a safetensors file as views of the mapped file.

    The format is eight bytes of length, a header in JSON and the arrays one after the other; its
    own library copies what it reads.
    """
    whole = np.memmap(path, dtype=np.uint8, mode="r")
    length = int.from_bytes(whole[:8].tobytes(), "little")
    if length > LONGEST_HEADER:
        raise ValueError("a header that is too long")
    header = json.loads(whole[8 : 8 + length].tobytes())
    arrays: Arrays = {}
    for name, entry in header.items():
        start, end = (8 + length + int(offset) for offset in entry["data_offsets"])
        if not 8 + length <= start <= end <= len(whole):
            raise ValueError("an array outside the file")
        content = np.asarray(whole[start:end])
        arrays[name] = content.view(TYPES[entry["dtype"]]).reshape(entry["shape"])
    return arrays
