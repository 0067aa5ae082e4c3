"""Starting and ending the `juntos` commands that make up the demonstration."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType

import psutil

from shared.errors import JuntosError

READY_SECONDS = 120.0
STOP_SECONDS = 20.0


def juntos(*arguments: str) -> list[str]:
    """Return the command line of one `juntos` command in this environment."""
    return [str(Path(sys.executable).parent / "juntos"), *arguments]


def run_command(*arguments: str) -> str:
    """Run a `juntos` command to its end and return what it printed.

    Raises
    ------
    JuntosError
        With what the command said, when it fails.
    """
    done = subprocess.run(juntos(*arguments), capture_output=True, text=True, check=False)
    if done.returncode:
        raise JuntosError(f"`juntos {' '.join(arguments)}` failed:\n{done.stderr.strip()}")
    return done.stdout


def free_port() -> int:
    """Return a port of the loopback interface that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Services:
    """Commands that keep running; leaving the context stops every one of them.

    Parameters
    ----------
    logs : Path
        Folder for what each prints.
    """

    def __init__(self, logs: Path) -> None:
        self.logs = logs
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Services:
        """Start with none."""
        self.logs.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop all, hospitals before the coordinator."""
        self.stop(list(reversed(self.processes)))

    def start(self, name: str, *arguments: str) -> None:
        """Start a command in the background, out of reach of the terminal's Ctrl-C."""
        with (self.logs / f"{name}.log").open("wb") as log:
            self.processes[name] = subprocess.Popen(
                juntos(*arguments),
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    def wait_until_said(self, name: str, words: str) -> None:
        """Wait until a service has printed the words that mean it is ready.

        Raises
        ------
        JuntosError
            When it ends instead, or takes too long; with the last it said.
        """
        log = self.logs / f"{name}.log"
        deadline = time.monotonic() + READY_SECONDS
        while words not in log.read_text(errors="replace"):
            if self.processes[name].poll() is not None or time.monotonic() > deadline:
                raise JuntosError(f"{name} did not become ready:\n{last_lines(log)}")
            time.sleep(0.2)

    def stop(self, names: list[str]) -> None:
        """Ask services to stop, and end what is left of them after a while."""
        trees = [tree_of(self.processes[name].pid) for name in names]
        for name in names:
            if self.processes[name].poll() is None:
                self.processes[name].send_signal(signal.SIGTERM)
        remaining = [process for tree in trees for process in tree]
        _, alive = psutil.wait_procs(remaining, timeout=STOP_SECONDS)
        for process in alive:
            process.kill()
        for name in names:
            self.processes.pop(name).wait()


def tree_of(process_id: int) -> list[psutil.Process]:
    """Return a process and all that it started."""
    try:
        process = psutil.Process(process_id)
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def last_lines(path: Path, count: int = 15) -> str:
    """Return the end of a log."""
    return "\n".join(path.read_text(errors="replace").splitlines()[-count:])
