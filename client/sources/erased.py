"""Patients whose rows are never read again: a list of pseudonyms in the node's folder.

Each line is a time and a pseudonym, which only the node's own key makes of a patient's number. The
list only grows; a line that is taken out by hand has that patient read again.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from shared.errors import SettingsError

ERASED_FILE = "erased"
_LINE = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00) ([0-9a-f]{64})")


@dataclass(frozen=True)
class Erasure:
    """One patient who was erased.

    Attributes
    ----------
    time : str
        UTC, ISO 8601.
    pseudonym : str
    """

    time: str
    pseudonym: str


def read_erasures(path: Path, secret: bytes) -> list[Erasure]:
    """Return who was erased, in the order it was asked for; nobody where there is no list.

    Parameters
    ----------
    path : Path
    secret : bytes
        The node's key of pseudonyms.

    Raises
    ------
    SettingsError
        When others can read the list, a line is none, or it was made under another key: rows that
        must not be read could not be told from others.
    """
    if not path.exists():
        return []
    if path.stat().st_mode & 0o077:
        raise SettingsError(f"Others on this machine can read {path}.", f"Run: chmod go= {path}")
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    if not lines or lines[0] != _first_line(secret):
        raise SettingsError(
            f"{path} was written under another key of patients than the node has.",
            "Restore the folder keys from a backup: erased patients cannot be told from others.",
        )
    found = [_LINE.fullmatch(line) for line in lines[1:]]
    for number, line in enumerate(found, start=2):
        if line is None:
            raise SettingsError(
                f"{path}, line {number}, is no erasure.",
                "Restore the file from a backup; no row is read until then.",
            )
    return [Erasure(line[1], line[2]) for line in found if line is not None]


def add_erasure(path: Path, secret: bytes, pseudonym: str) -> Erasure:
    """Write down that a patient is erased; it holds from then on, and after a power cut."""
    added = Erasure(datetime.now(UTC).isoformat(timespec="seconds"), pseudonym)
    text = f"{added.time} {added.pseudonym}\n"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        if not os.fstat(file.fileno()).st_size:
            text = f"{_first_line(secret)}\n{text}"
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return added


def state_of_erasures(path: Path) -> tuple[int, int] | None:
    """Return what changes whenever the list does; None where there is none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_mtime_ns, found.st_size


def _first_line(secret: bytes) -> str:
    """Return what says under which key the list was made, and nothing about the key."""
    return f"key {hmac.new(secret, b'erased patients', hashlib.sha256).hexdigest()}"
