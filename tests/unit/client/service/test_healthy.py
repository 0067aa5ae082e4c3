"""What a container engine is told."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from client.service.healthy import healthy
from shared.supervision.part import PartState, now
from shared.supervision.report import own_report, write_report

UP, OFF = PartState("up", now()), PartState("off", now(), reason="No hour is set.")


def test_a_folder_without_a_service_is_not_healthy(tmp_path: Path) -> None:
    assert not healthy(tmp_path)
    command = [sys.executable, "-m", "client.service.healthy", str(tmp_path)]
    assert subprocess.run(command, check=False).returncode == 1


@pytest.mark.parametrize(
    ("state", "well"), [("up", True), ("starting", True), ("restarting", False)]
)
def test_every_part_that_is_wanted_counts(tmp_path: Path, state: str, well: bool) -> None:
    api = PartState(state, now(), 1, "It ended.")  # type: ignore[arg-type]
    write_report(tmp_path, own_report(now(), {"supernode": UP, "api": api, "daily": OFF}))
    assert healthy(tmp_path) is well
