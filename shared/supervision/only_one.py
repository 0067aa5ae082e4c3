"""One service for each folder."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shared.errors import SettingsError

LOCK_FILE = "service.lock"


@contextmanager
def only_one(home: Path, what: str, status: str) -> Iterator[None]:
    """Hold a folder while the block runs; the system lets go of it whatever happens.

    Parameters
    ----------
    what : str
        Whose folder it is: ``node``.
    status : str
        The command that says how its service is doing.

    Raises
    ------
    SettingsError
        When another process holds it.
    """
    with (home / LOCK_FILE).open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SettingsError(
                f"The {what} in {home} runs already.",
                f"`{status}` says how it is doing; stop it first to start it anew.",
            ) from None
        yield
