"""How a text file is written: its encoding, its separator, its decimal sign and its header."""

from __future__ import annotations

import csv
import gzip
import io
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import IO, cast

from client.sources.remote import DataFile
from client.sources.text_encoding import detect
from shared.errors import DataError

LOOKED_AT = 1 << 20
LINES = 200
SEPARATORS = ";,\t|"
PACKED = ".gz"
WITH_COMMA = re.compile(r"[+-]?\d{1,9},\d+")
WITH_POINT = re.compile(r"[+-]?\d{1,9}\.\d+")


@dataclass(frozen=True)
class TextForm:
    """What a mapping says of a CSV file, and its header."""

    encoding: str
    separator: str
    decimal: str
    header: list[str]


def form_of(file: DataFile) -> TextForm:
    """Return how a text file is written, from its bytes and its first lines.

    Raises
    ------
    DataError
        When it cannot be read, is empty or is no text.
    """
    file.refuse_absent()
    try:
        with file.open() as opened:
            encoding = detect(_unpacked(file, opened), file.name)
        with file.open() as opened:
            head = _unpacked(file, opened).read(LOOKED_AT)
    except (gzip.BadGzipFile, EOFError):
        raise DataError(f"{file.name} is no gzip file, or is damaged.", "Pack it again.") from None
    text = head.decode(encoding, errors="ignore").lstrip("\ufeff")
    if "\0" in text:
        raise DataError(
            f"{file.name} is no text.", "Give an Excel or Parquet file with its own ending."
        )
    separator = separator_of(text)
    lines = _lines(text, separator)
    if not lines:
        raise DataError(f"{file.name} holds no line.", "Its first line must name the columns.")
    header = [cell.strip() for cell in lines[0]]
    # The mark at the start is read by the name of the plain encoding too.
    plain = "utf-8" if encoding == "utf-8-sig" else encoding
    return TextForm(plain, separator, decimal_of(cell for line in lines for cell in line), header)


def _unpacked(file: DataFile, opened: IO[bytes]) -> IO[bytes]:
    return cast("IO[bytes]", gzip.open(opened)) if file.name.endswith(PACKED) else opened


def _lines(text: str, separator: str) -> list[list[str]]:
    """Return the cells of the first lines; what follows an odd quotation mark is left out."""
    found = []
    try:
        for line in csv.reader(io.StringIO(text, newline=""), delimiter=separator):
            found.append(line)  # noqa: PERF402 - what came before an error is kept
    except csv.Error:
        pass
    return found


def separator_of(text: str) -> str:
    """Return what stands between the cells: what divides the most lines as it divides the first."""
    start = "\n".join(text.splitlines()[:LINES])
    scored = []
    for separator in SEPARATORS:
        widths = [len(line) for line in _lines(start, separator) if line]
        if widths and widths[0] > 1:
            alike = sum(width == widths[0] for width in widths) / len(widths)
            scored.append((alike, widths[0], separator))
    return max(scored)[2] if scored else ","


def decimal_of(cells: Iterable[str]) -> str:
    """Return the sign before the fractions of most numbers, ``.`` where there are none."""
    found: Counter[str] = Counter()
    for cell in cells:
        if WITH_COMMA.fullmatch(cell.strip()):
            found[","] += 1
        elif WITH_POINT.fullmatch(cell.strip()):
            found["."] += 1
    return "," if found[","] > found["."] else "."
