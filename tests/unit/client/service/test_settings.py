from __future__ import annotations

from pathlib import Path

import pytest

from client.service.settings import read_settings
from shared.errors import SettingsError


def test_without_the_file_the_api_is_up_once_there_is_a_model(tmp_path: Path) -> None:
    found = read_settings(tmp_path)
    assert (found.api, found.workers, found.daily_at) == ("with_a_model", 1, None)


@pytest.mark.parametrize("line", ['daily_at = "24:00"', "workers = 0", "port = 8080", 'api = "on"'])
def test_what_cannot_be_meant_is_refused(tmp_path: Path, line: str) -> None:
    (tmp_path / "service.toml").write_text(line)
    with pytest.raises(SettingsError, match=line.split()[0]):
        read_settings(tmp_path)
