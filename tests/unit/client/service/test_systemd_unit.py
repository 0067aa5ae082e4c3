from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from client.cli import app
from client.service.settings import ServiceSettings
from client.service.systemd_unit import systemd_unit
from shared.errors import SettingsError


def lines_of(unit: str) -> dict[str, str]:
    pairs = [line.partition("=") for line in unit.splitlines() if "=" in line]
    return {name: value for name, _, value in pairs}


def test_the_node_may_write_to_its_own_folder_only(home: Path) -> None:
    unit = CliRunner().invoke(app, ["systemd-unit", "--home", str(home), "--user", "juntos"])
    assert unit.exit_code == 0
    found = lines_of(unit.stdout)
    assert found["User"] == "juntos"
    assert found["ProtectSystem"] == "strict"
    assert found["ReadWritePaths"] == str(home)
    assert found["Restart"] == "on-failure"
    assert found["ExecStart"].endswith(f"node serve --home {home}")
    assert int(found["TimeoutStopSec"]) > ServiceSettings().stop_seconds


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
@pytest.mark.parametrize("folder", ["plain", "with space", "100%", 'quo"ted', "dol$lar", "é"])
def test_systemd_takes_it(tmp_path: Path, folder: str) -> None:
    home = tmp_path / folder
    home.mkdir()
    file = tmp_path / "juntos-node.service"
    file.write_text(
        systemd_unit(home, "Hôpital 100%\nExecStart=/bin/evil", ServiceSettings(), "root")
    )
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", str(file)],
        capture_output=True,
        text=True,
        check=False,
    )
    about_it = [line for line in done.stderr.splitlines() if "juntos-node.service" in line]
    assert about_it == []
    assert "evil" in lines_of(file.read_text())["Description"]


@pytest.mark.parametrize("account", ["a b", "-x", "root\nExecStart=/bin/evil"])
def test_an_account_that_is_none_is_refused(tmp_path: Path, account: str) -> None:
    with pytest.raises(SettingsError):
        systemd_unit(tmp_path, "lyon", ServiceSettings(), account)
