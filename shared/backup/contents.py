"""What of a folder is kept, each database as it was at one moment."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

# What a database writes beside itself is in the copy that the database makes.
BESIDE = ("-wal", "-shm", "-journal")
# What another process is writing, has not finished, or holds.
PASSING = (".partial", ".lock", ".sock", ".pid", ".new", ".records")
SQLITE = b"SQLite format 3\x00"


def kept_files(home: Path, left_out: Sequence[str]) -> Iterator[Path]:
    """Yield the files of a folder that a backup keeps, in the order of their paths.

    Parameters
    ----------
    left_out : sequence of str
        Folders whose content is made again, such as logs.
    """
    for path in sorted(home.rglob("*")):
        inside = path.relative_to(home)
        if inside.parts[0] in left_out or path.is_symlink() or not path.is_file():
            continue
        is_hidden = any(part.startswith(".") for part in inside.parts)
        if is_hidden or path.name.endswith((*BESIDE, *PASSING)):
            continue
        yield path


def is_database(path: Path) -> bool:
    """Return whether a file is an SQLite database."""
    with path.open("rb") as file:
        return file.read(len(SQLITE)) == SQLITE


def copy_database(path: Path, copy: Path) -> None:
    """Copy a database as it is at one moment, whoever writes to it meanwhile."""
    with (
        closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as source,
        closing(sqlite3.connect(copy)) as target,
    ):
        source.backup(target)
        target.execute("PRAGMA journal_mode=DELETE")
    copy.chmod(stat.S_IMODE(path.stat().st_mode))
