"""What left the hospital, as the page that the ledger writes of it.

It is written by a process of its own: what reads the ledger loads far more than answers need.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from client.home import NodeHome
from shared.errors import JuntosError

FRESH_SECONDS = 60.0
LONGEST_SECONDS = 120.0
COMMAND = (sys.executable, "-c", "from shared.command_line import main; main()")


class LeftPage:
    """The page of one node, written anew when somebody looks and it is older than a minute.

    Parameters
    ----------
    home : NodeHome
    """

    def __init__(self, home: NodeHome) -> None:
        self._home = home
        self._writing = threading.Lock()
        self._page = ""
        self._written = -FRESH_SECONDS

    def html(self) -> str:
        """Return the page.

        Raises
        ------
        JuntosError
            When the ledger cannot be read, with what it says.
        """
        with self._writing:
            if time.monotonic() - self._written > FRESH_SECONDS:
                self._page = self._write()
                self._written = time.monotonic()
            return self._page

    def _write(self) -> str:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "left.html"
            arguments = ("node", "ledger", "--home", str(self._home.path), "--page", str(file))
            done = subprocess.run(
                [*COMMAND, *arguments],
                capture_output=True,
                text=True,
                timeout=LONGEST_SECONDS,
                check=False,
            )
            if done.returncode:
                what = done.stderr.strip() or "The ledger's page cannot be written."
                raise JuntosError(what, "Run `juntos node ledger --verify`.")
            return file.read_text(encoding="utf-8")
