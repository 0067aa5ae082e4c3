"""One service for each node's folder."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shared.errors import SettingsError

LOCK_FILE = "service.lock"


@contextmanager
def only_one(home: Path) -> Iterator[None]:
    """Hold the folder while the block runs; the system lets go of it whatever happens.

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
                f"The node in {home} runs already.",
                "`juntos node status` says how it is doing; stop it first to start it anew.",
            ) from None
        yield
