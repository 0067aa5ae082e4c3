"""Child processes that never outlive their parent, and the environment Flower's programs need."""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType, TracebackType

import psutil

KEPT_LOG_BYTES = 10_000_000
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_SET_PARENT_DEATH_SIGNAL = 1


class StopRequestedError(Exception):
    """SIGTERM arrived; unwinds the stack so that every child is stopped on the way."""


def flower_environment(flower_home: Path, **additions: str) -> dict[str, str]:
    """Return the environment for one of Flower's programs.

    Parameters
    ----------
    flower_home : Path
        Where Flower keeps its connections and installed apps.
    **additions : str
        Further variables.
    """
    # Flower finds its helpers on PATH, so they must be those of this installation.
    programs = str(Path(sys.executable).parent)
    return {
        **os.environ,
        "PATH": os.pathsep.join([programs, os.environ.get("PATH", "")]),
        "FLWR_HOME": str(flower_home),
        "FLWR_TELEMETRY_ENABLED": "0",
        "FLWR_DISABLE_UPDATE_CHECK": "1",
        "FLWR_DISABLE_RUNTIME_DEPENDENCY_INSTALLATION": "1",
        "PYTHONUNBUFFERED": "1",
        **additions,
    }


def program(name: str) -> str:
    """Return the path of a console script of this installation."""
    return str(Path(sys.executable).parent / name)


def free_port() -> int:
    """Return a TCP port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def stopping_on_terminate() -> Iterator[None]:
    """Turn SIGTERM into StopRequestedError while the block runs."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise StopRequestedError

    previous = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)


class ChildProcess:
    """A program started by this one, with all that it starts itself.

    Parameters
    ----------
    command : sequence of str
    environment : mapping of str to str
    log_file : Path
        Receives both output streams, appended.
    keep_open : sequence of int
        File descriptors that the program shares with this one.
    """

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        log_file: Path,
        keep_open: Sequence[int] = (),
    ) -> None:
        set_aside(log_file)
        self.log_file = log_file
        self._log_start = log_file.stat().st_size if log_file.exists() else 0
        descriptor = os.open(log_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "ab") as log:
            self._process = subprocess.Popen(
                command,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Ctrl-C must reach the parent alone, which then stops its children in order.
                start_new_session=True,
                pass_fds=keep_open,
                preexec_fn=_die_with_parent(),
            )

    def __enter__(self) -> ChildProcess:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def process_id(self) -> int:
        """Its number, as the system gave it."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the program has not ended."""
        return self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        """How the program ended; None while it runs."""
        return self._process.poll()

    def log_text(self) -> str:
        """Return what the program wrote since it was started, without colours."""
        with self.log_file.open("rb") as log:
            # A program may have begun a new file meanwhile.
            log.seek(self._log_start if self._log_start <= os.fstat(log.fileno()).st_size else 0)
            return _COLOUR.sub("", log.read().decode(errors="replace"))

    def stop(self, grace: float = 10.0) -> None:
        """Ask the program to end; end what is left of its whole tree after `grace` seconds."""
        tree = descendants(self._process.pid)
        if self.running:
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(grace)
        # A child that was started while its parent was ending is in neither list alone.
        stop_all({*tree, *descendants(self._process.pid)})
        if self.running:
            self._process.kill()
        self._process.wait()


def descendants(process_id: int) -> set[psutil.Process]:
    """Return a process's children and theirs; empty when it is gone."""
    try:
        return set(psutil.Process(process_id).children(recursive=True))
    except psutil.NoSuchProcess:
        return set()


def stop_all(processes: set[psutil.Process], grace: float = 3.0) -> None:
    """Terminate processes, and kill those that are still there after `grace` seconds."""
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.terminate()
    _, alive = psutil.wait_procs(processes, timeout=grace)
    for process in alive:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(alive, timeout=grace)


def wait_until(condition: Callable[[], bool], timeout: float, interval: float = 0.1) -> bool:
    """Return whether `condition` became true within `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(interval)
    return True


def set_aside(log_file: Path) -> None:
    """Move a log that has grown large out of the way; the one before it is dropped."""
    if log_file.exists() and log_file.stat().st_size > KEPT_LOG_BYTES:
        log_file.replace(log_file.with_name(log_file.name + ".1"))


def _die_with_parent() -> Callable[[], None] | None:
    if not sys.platform.startswith("linux"):
        return None
    # Loaded before the fork: little is safe to do after it.
    library = ctypes.CDLL(None)

    def ask_the_kernel() -> None:
        library.prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGTERM)

    return ask_the_kernel
