"""What left the hospital, as the page that the ledger writes of it.

It is written by a process of its own: what reads the ledger loads far more than answers need.
"""

from __future__ import annotations

import base64
import hashlib
import re
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from client.home import NodeHome
from client.web.security import HEADERS
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


def with_way_back(page: str, address: str, text: str) -> str:
    """Return the page with a link to the other pages above everything."""
    # Browsers ask for an icon where a page names none.
    page = page.replace("</head>", '<link rel="icon" href="data:,"></head>', 1)
    link = f'<p class="back"><a href="{address}">{text}</a></p>'
    return re.sub(r"(<body[^>]*>)", lambda found: found[1] + link, page, count=1)


def policy_of(page: str) -> str:
    """Return a content policy that allows the styles and scripts of this page and no others."""
    styles = _hashes(re.findall(r"<style[^>]*>(.*?)</style>", page, re.DOTALL))
    scripts = _hashes(re.findall(r"<script[^>]*>(.*?)</script>", page, re.DOTALL))
    policy = HEADERS["Content-Security-Policy"]
    policy = policy.replace("style-src 'self'", f"style-src 'self' {styles}")
    return policy.replace("script-src 'self'", f"script-src 'self' {scripts}")


def _hashes(texts: list[str]) -> str:
    digests = (hashlib.sha256(each.encode()).digest() for each in texts)
    return " ".join(f"'sha256-{base64.b64encode(each).decode()}'" for each in digests)
