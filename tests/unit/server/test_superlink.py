from __future__ import annotations

import os
import socket
import subprocess
import sys
import time

import psutil
import pytest

from server.home import CoordinatorHome
from server.service.parts import superlink_part
from server.superlink import HOME_VARIABLE, end_left_over, refuse_busy_port, superlink_port
from shared.errors import JuntosError, SettingsError
from shared.processes import free_port, wait_until
from shared.supervision.child_part import ChildPart


def test_a_busy_port_is_named_with_the_setting_to_change(home: CoordinatorHome) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(SettingsError, match=f"Port {port} on 127.0.0.1") as caught:
            refuse_busy_port("127.0.0.1", port, "superlink_port in coordinator.toml")
    assert "superlink_port in coordinator.toml" in caught.value.fix
    refuse_busy_port("127.0.0.1", free_port(), "")
    assert home.settings.superlink_port == 0


def step_on(part: ChildPart) -> None:
    for _ in range(600):
        part.step()
        time.sleep(0.1)


def test_a_superlink_that_dies_is_told_with_its_last_words(home: CoordinatorHome) -> None:
    home.server_key.write_text("damaged")
    part = superlink_part(home, superlink_port(home), print)
    try:
        with pytest.raises(JuntosError, match="did not start") as caught:
            step_on(part)
    finally:
        part.stop()
    assert "superlink.log" in caught.value.fix
    assert "damaged" not in str(caught.value)


def test_what_a_killed_superlink_has_left_is_ended(home: CoordinatorHome) -> None:
    """As Flower's helpers are, which outlive it; what a person runs stays."""
    environment = {**os.environ, HOME_VARIABLE: str(home.path)}
    helper, other_home, shell = (
        subprocess.Popen(
            [sys.executable, "-c", "import time; time.sleep(60)", name],
            env=each,
            start_new_session=True,
        )
        for name, each in (
            ("flwr-serverapp", environment),
            ("flwr-serverapp", {**environment, HOME_VARIABLE: "/elsewhere"}),
            ("a shell", environment),
        )
    )
    try:
        assert wait_until(lambda: "sleep" in " ".join(psutil.Process(helper.pid).cmdline()), 10)
        end_left_over(home, ours=set())
        assert wait_until(lambda: helper.poll() is not None, 10)
        assert other_home.poll() is None
        assert shell.poll() is None
    finally:
        for each in (helper, other_home, shell):
            each.kill()
            each.wait()
