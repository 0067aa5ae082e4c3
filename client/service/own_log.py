"""The log of a process that runs for years: moved out of the way by the process itself."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

from shared.processes import KEPT_LOG_BYTES

SECONDS_BETWEEN_LOOKS = 5.0
STANDARD_OUTPUT, STANDARD_ERROR = 1, 2


class OwnLog:
    """Begins a new file once the one behind both output streams has grown large.

    The process itself does it, so that no line is lost between two files; whoever started it has
    said where the log is. The file before is kept as ``NAME.1``, and the one before that dropped.

    Parameters
    ----------
    path : Path
        Where both streams go; nothing is done where they do not.
    begun : callable
        Called in each new file.
    largest : int
        Bytes.
    """

    def __init__(
        self, path: Path, begun: Callable[[], None], largest: int = KEPT_LOG_BYTES
    ) -> None:
        self._path, self._begun, self._largest = path, begun, largest
        self._ended = threading.Event()

    def watch(self) -> None:
        """Look again and again from now on."""
        threading.Thread(target=self._run, name="juntos-log", daemon=True).start()

    def end(self) -> None:
        """Stop looking."""
        self._ended.set()

    def look(self) -> bool:
        """Begin a new file where it is time; return whether it was."""
        try:
            behind, named = os.fstat(STANDARD_ERROR), self._path.stat()
            if (behind.st_dev, behind.st_ino) != (named.st_dev, named.st_ino):
                return False
            if behind.st_size <= self._largest:
                return False
            self._path.replace(self._path.with_name(f"{self._path.name}.1"))
            self._redirect()
        except OSError:
            # A disk that refuses a new file still takes lines into the old one.
            return False
        self._begun()
        return True

    def _redirect(self) -> None:
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            for stream in (STANDARD_OUTPUT, STANDARD_ERROR):
                os.dup2(descriptor, stream)
        finally:
            os.close(descriptor)

    def _run(self) -> None:
        while not self._ended.wait(SECONDS_BETWEEN_LOOKS):
            self.look()
