"""The review's page in a real browser, served by a real process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from shared.processes import free_port, wait_until

CHROMIUM = Path("/usr/bin/chromium")
START_SECONDS = 60.0


@dataclass
class Served:
    """The page of one node.

    Attributes
    ----------
    link : str
        Signs the reader in, once.
    """

    process: subprocess.Popen[str]
    port: int
    link: str

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def kill(self) -> None:
        """End the process without a chance to tidy up."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


def juntos(*arguments: str) -> list[str]:
    return [sys.executable, "-c", "from shared.command_line import main; main()", *arguments]


@contextmanager
def served(
    home: Path, reader: str, port: int | None = None, page: str = "review"
) -> Iterator[Served]:
    """Run ``juntos node review serve``, or another page's, and end it."""
    chosen = port or free_port()
    command = juntos("node", page, "serve", "--home", str(home), "--port", str(chosen))
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        [*command, "--reader", reader], stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            assert process.stdout
            lines = [process.stdout.readline() for _ in range(3)]
            found = Served(process, chosen, lines[1].strip())
            assert "/sign-in/" in found.link, lines
            assert wait_until(lambda: answers(chosen), START_SECONDS)
            yield found
        finally:
            process.terminate()


def answers(port: int) -> bool:
    """Return whether something listens there."""
    import socket

    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run the system's Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox"], timeout=60_000
        )
        yield browser
        browser.close()


def sign_in(page: Page, served_page: Served, first_page: str = "review") -> None:
    page.goto(served_page.link)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"**/{first_page}")
