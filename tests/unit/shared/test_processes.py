from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from shared import processes
from shared.processes import (
    ChildProcess,
    StopRequestedError,
    flower_environment,
    free_port,
    stopping_on_terminate,
    wait_until,
)

# A parent with a child in a session of its own, as Flower's helpers are.
FAMILY = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"],
                         start_new_session=True)
print("child", child.pid, flush=True)
time.sleep(60)
"""
STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("deaf", flush=True)
time.sleep(60)
"""


def start(code: str, log: Path) -> ChildProcess:
    return ChildProcess([sys.executable, "-c", code], os.environ, log)


def alive(process_id: int) -> bool:
    try:
        return psutil.Process(process_id).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_stopping_ends_the_whole_tree(tmp_path: Path) -> None:
    child = start(FAMILY, tmp_path / "log")
    assert wait_until(lambda: "child" in child.log_text(), 10)
    grandchild = int(child.log_text().split()[1])
    assert alive(grandchild)
    child.stop()
    assert not child.running
    assert not alive(grandchild)


def test_a_program_that_does_not_listen_is_killed(tmp_path: Path) -> None:
    child = start(STUBBORN, tmp_path / "log")
    assert wait_until(lambda: "deaf" in child.log_text(), 10)
    child.stop(grace=0.2)
    assert child.exit_code == -signal.SIGKILL


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the kernel's help is Linux's")
def test_a_child_does_not_outlive_a_killed_parent(tmp_path: Path) -> None:
    code = (
        "import os, sys, time; from pathlib import Path; "
        "from shared.processes import ChildProcess; "
        f"c = ChildProcess([sys.executable, '-c', 'import os, time; print(os.getpid(), flush=True);"
        f" time.sleep(60)'], os.environ, Path({str(tmp_path / 'log')!r})); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code])
    log = tmp_path / "log"
    assert wait_until(lambda: log.exists() and log.read_text().strip().isdigit(), 10)
    child = int(log.read_text())
    parent.kill()
    parent.wait()
    assert wait_until(lambda: not alive(child), 5)


def test_the_log_has_only_what_this_start_wrote_without_colours(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("an earlier start\n")
    child = start("print('\\x1b[92mgreen\\x1b[0m')", log)
    assert wait_until(lambda: not child.running, 10)
    assert child.log_text() == "green\n"
    assert log.read_text().startswith("an earlier start")


def test_a_log_that_has_grown_large_is_set_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "KEPT_LOG_BYTES", 5)
    log = tmp_path / "log"
    log.write_text("more than five bytes")
    with start("print('new')", log) as child:
        assert wait_until(lambda: not child.running, 10)
    assert log.read_text() == "new\n"
    assert (tmp_path / "log.1").read_text() == "more than five bytes"


def test_terminate_unwinds_the_stack() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(StopRequestedError), stopping_on_terminate():
        signal.raise_signal(signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) is before


def test_flower_finds_this_installation_and_stays_at_home(tmp_path: Path) -> None:
    environment = flower_environment(tmp_path, EXTRA="1")
    assert environment["PATH"].split(os.pathsep)[0] == str(Path(sys.executable).parent)
    assert environment["FLWR_HOME"] == str(tmp_path)
    assert environment["FLWR_TELEMETRY_ENABLED"] == "0"
    assert environment["EXTRA"] == "1"


def test_a_free_port_can_be_used() -> None:
    assert 0 < free_port() < 65536
