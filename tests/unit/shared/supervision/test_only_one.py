from __future__ import annotations

from pathlib import Path

import pytest

from shared.errors import SettingsError
from shared.supervision.only_one import only_one


def test_a_folder_takes_one_service_at_a_time(tmp_path: Path) -> None:
    with (
        only_one(tmp_path, "node", "juntos node status"),
        pytest.raises(SettingsError, match=r"The node in .* runs already"),
        only_one(tmp_path, "node", "juntos node status"),
    ):
        pass
    with only_one(tmp_path, "node", "juntos node status"):
        pass
