from __future__ import annotations

from pathlib import Path

import pytest

from client.service.only_one import only_one
from shared.errors import SettingsError


def test_a_folder_takes_one_service_at_a_time(tmp_path: Path) -> None:
    with (
        only_one(tmp_path),
        pytest.raises(SettingsError, match="runs already"),
        only_one(tmp_path),
    ):
        pass
    with only_one(tmp_path):
        pass
