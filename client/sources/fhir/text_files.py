"""Files of JSON, plain or compressed by gzip, line by line or whole."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

from shared.errors import DataError

BUFFER_BYTES = 1 << 20
MARK_OF_UTF8 = b"\xef\xbb\xbf"
CUT_OFF = (EOFError, zlib.error, gzip.BadGzipFile)


def lines_of(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield each line that is not blank, with its number from 1.

    Raises
    ------
    DataError
        When the file cannot be read, or a compressed one is cut off or damaged.
    """
    number = 0
    try:
        with _opened(path) as file:
            for number, line in enumerate(file, 1):
                content = line.removeprefix(MARK_OF_UTF8) if number == 1 else line
                if not content.isspace():
                    yield number, content
    except (OSError, *CUT_OFF) as error:
        raise _unreadable(path, error, f" after line {number}") from None


def whole_file(path: Path) -> bytes:
    """Return everything in a file.

    Raises
    ------
    DataError
        As `lines_of`.
    """
    try:
        with _opened(path) as file:
            return file.read().removeprefix(MARK_OF_UTF8)
    except (OSError, *CUT_OFF) as error:
        raise _unreadable(path, error, "") from None


def _opened(path: Path) -> IO[bytes]:
    if path.suffix == ".gz":
        return cast("IO[bytes]", gzip.open(path, "rb"))
    return path.open("rb", buffering=BUFFER_BYTES)


def _unreadable(path: Path, error: BaseException, where: str) -> DataError:
    if isinstance(error, CUT_OFF):
        return DataError(
            f"{path.name} is cut off or damaged{where}: its gzip compression is broken.",
            "Copy or export it again.",
        )
    reason = error.strerror if isinstance(error, OSError) else "unknown reason"
    return DataError(f"{path.name} cannot be read: {reason}.", "Check the file and its rights.")
