"""Which encoding a text file is in, and where it is not in the one that was said."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

from shared.errors import DataError

START_BYTES = 1 << 16
SAMPLE_BYTES = 1 << 19
# What hospital systems of western Europe and the Americas write.
EIGHT_BIT = ["cp1252", "latin_1", "iso8859_15", "cp850", "mac_roman", "cp437"]
MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8-sig"}
# A text that was decoded wrongly shows it in its first letters beyond ASCII.
LINES_TO_DOUBT = 1_000
FIX = 'Save it as UTF-8, or say its encoding in source.encoding (often cp1252), or "auto".'


def has_wide_characters(encoding: str) -> bool:
    """Return whether an encoding has no characters of one byte."""
    return "16" in encoding or "32" in encoding


def detect(file: IO[bytes], name: str) -> str:
    """Return the encoding of a text, from its mark, its bytes, or its letters' frequencies.

    Parameters
    ----------
    file : binary file
        Read to its end.
    name : str
        What errors call it.

    Raises
    ------
    DataError
        When nothing fits.
    """
    start = file.read(START_BYTES)
    marked = next((value for mark, value in MARKS.items() if start.startswith(mark)), None)
    if marked is not None:
        return marked
    if start.count(b"\0") > len(start) // 4:
        return "utf-16-le" if start[1::2].count(b"\0") > start[::2].count(b"\0") else "utf-16-be"
    sample, is_utf8 = _beyond_ascii(start + file.readline(), file)
    return "utf-8" if is_utf8 else _eight_bit(sample, name)


def _beyond_ascii(start: bytes, file: IO[bytes]) -> tuple[bytes, bool]:
    """Return lines with letters beyond ASCII, and whether the whole text is UTF-8."""
    sample, is_utf8 = bytearray(), True
    for line in _lines(start, file):
        if line.isascii():
            continue
        is_utf8 = is_utf8 and _decodes(line, "utf-8")
        if len(sample) < SAMPLE_BYTES:
            sample += line
        elif not is_utf8:
            break
    return bytes(sample), is_utf8


def _lines(start: bytes, file: IO[bytes]) -> Iterator[bytes]:
    yield from start.splitlines(keepends=True)
    yield from file


def _eight_bit(sample: bytes, name: str) -> str:
    from charset_normalizer import from_bytes

    found = from_bytes(sample, cp_isolation=EIGHT_BIT).best()
    if found is None:
        raise DataError(f"{name}: its encoding cannot be told.", "Save it as UTF-8.")
    # Where both read alike, the name that people know.
    alike = [found.encoding, *found.could_be_from_charset]
    return next(each for each in EIGHT_BIT if each in alike)


def first_bad_line(file: IO[bytes], encoding: str) -> str:
    """Say which line of a text cannot be decoded, where lines can be told apart."""
    if has_wide_characters(encoding):
        return ""
    for number, line in enumerate(file, 1):
        if not _decodes(line, encoding):
            return f" (line {number})"
    return ""


def checked_lines(lines: Iterator[str], encoding: str, name: str) -> Iterator[str]:
    """Yield lines as they are; a text that was decoded wrongly without an error is refused.

    Raises
    ------
    DataError
        When the lines hold NUL characters, or are UTF-8 that was read as something else.
    """
    doubted, mistaken, first = 0, 0, 0
    is_eight_bit = not (has_wide_characters(encoding) or "utf" in encoding.lower())
    for number, line in enumerate(lines, 1):
        if "\0" in line:
            fix = "It may be UTF-16: say so in source.encoding, or save it as UTF-8."
            raise DataError(f"{name}, line {number}, holds NUL characters.", fix)
        if is_eight_bit and doubted < LINES_TO_DOUBT and not line.isascii():
            doubted += 1
            first = first or number
            mistaken += _was_utf8(line, encoding)
            if mistaken == doubted == LINES_TO_DOUBT:
                break
        yield line
    if doubted and mistaken == doubted:
        raise DataError(
            f"{name} is UTF-8 text and not {encoding} (line {first}).",
            'Set source.encoding = "utf-8" in the mapping.',
        )


def _was_utf8(line: str, encoding: str) -> bool:
    try:
        line.encode(encoding).decode("utf-8")
    except UnicodeError:
        return False
    return True


def _decodes(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeError:
        return False
    return True
