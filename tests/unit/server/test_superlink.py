from __future__ import annotations

import socket

import pytest

from server.home import CoordinatorHome
from server.superlink import refuse_busy_port, running_superlink
from shared.errors import SettingsError
from shared.processes import free_port


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


def test_a_superlink_that_dies_is_told_with_its_last_words(home: CoordinatorHome) -> None:
    home.server_key.write_text("damaged")
    with pytest.raises(SettingsError, match="did not start") as caught, running_superlink(home):
        pass
    assert "superlink.log" in caught.value.fix
    assert "damaged" not in str(caught.value)
