"""Files of JSON, plain or compressed by gzip, line by line or whole."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, cast

from client.sources.remote import DataFile
from shared.errors import DataError

COMPRESSED = ".gz"
MARK_OF_UTF8 = b"\xef\xbb\xbf"
CUT_OFF = (EOFError, zlib.error, gzip.BadGzipFile)


def lines_of(file: DataFile) -> Iterator[tuple[int, bytes]]:
    """Yield each line that is not blank, with its number from 1.

    Raises
    ------
    DataError
        When the file cannot be read, or a compressed one is cut off or damaged.
    """
    number = 0
    try:
        with _opened(file) as lines:
            for number, line in enumerate(lines, 1):
                content = line.removeprefix(MARK_OF_UTF8) if number == 1 else line
                if not content.isspace():
                    yield number, content
    except CUT_OFF:
        raise _damaged(file, f" after line {number}") from None


def whole_file(file: DataFile) -> bytes:
    """Return everything in a file.

    Raises
    ------
    DataError
        As `lines_of`.
    """
    try:
        with _opened(file) as content:
            return content.read().removeprefix(MARK_OF_UTF8)
    except CUT_OFF:
        raise _damaged(file, "") from None


@contextmanager
def _opened(file: DataFile) -> Iterator[IO[bytes]]:
    with file.open() as content:
        if file.name.endswith(COMPRESSED):
            yield cast("IO[bytes]", gzip.GzipFile(fileobj=content, mode="rb"))
        else:
            yield content


def _damaged(file: DataFile, where: str) -> DataError:
    return DataError(
        f"{file.name} is cut off or damaged{where}: its gzip compression is broken.",
        "Copy or export it again.",
    )
