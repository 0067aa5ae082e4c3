"""Replacing ``schedule.toml``: whole or not at all, and only as its author last saw it."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

import tomli_w

from server.home import CoordinatorHome
from server.scheduling.preparing import checked_content, content_of
from server.scheduling.settings import SCHEDULE_FILE, ScheduleSettings
from shared.database import locked
from shared.errors import SettingsError

# The file as it was before it was replaced, with what people wrote beside the settings.
BEFORE = f"{SCHEDULE_FILE}.before"


class ScheduleChangedError(SettingsError):
    """Somebody else changed the schedule first."""


def schedule_digest(home: Path) -> str:
    """Return the SHA-256 of ``schedule.toml``; that of an empty one where it is absent."""
    path = home / SCHEDULE_FILE
    return hashlib.sha256(path.read_bytes() if path.exists() else b"").hexdigest()


def write_schedule(
    home: CoordinatorHome, schedule: ScheduleSettings, by: str, seen: str | None = None
) -> str:
    """Replace ``schedule.toml``; the dispatcher reads it within a second.

    Parameters
    ----------
    by : str
        Who does; the file's first line says so.
    seen : str or None
        Digest of the file that was looked at; None to replace whatever is there.

    Returns
    -------
    str
        Digest of the new file.

    Raises
    ------
    ScheduleChangedError
        When it is another one now.
    SettingsError
        When a settings file that it names cannot be used.
    """
    _check_files(home, schedule)
    path = home.path / SCHEDULE_FILE
    content = schedule.model_dump(mode="json", exclude_defaults=True, exclude_none=True)
    head = f"# Written by {by}; what it was before is in {BEFORE}.\n"
    # The database holds off every process that may write it.
    with locked(home.engine(), "IMMEDIATE"):
        if seen is not None and seen != schedule_digest(home.path):
            raise ScheduleChangedError(
                "The schedule was changed meanwhile.", "Look at it again before you replace it."
            )
        if path.exists():
            _replace(home.path / BEFORE, path.read_bytes())
        _replace(path, (head + tomli_w.dumps(content)).encode())
    return schedule_digest(home.path)


def _check_files(home: CoordinatorHome, schedule: ScheduleSettings) -> None:
    for entry in schedule.calendar:
        checked_content(home, entry.kind, content_of(home.path, entry.settings))
    checked_content(home, "learn", content_of(home.path, schedule.triggers.settings))


def _replace(path: Path, content: bytes) -> None:
    handle, partial = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(partial).chmod(0o644)
        Path(partial).replace(path)
    except BaseException:
        Path(partial).unlink(missing_ok=True)
        raise
