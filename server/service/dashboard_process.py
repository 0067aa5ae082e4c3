"""The dashboard as the service starts it: ``python -m server.service.dashboard_process HOME``."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import uvicorn

from server.addresses import is_loopback
from server.dashboard.application import create_dashboard
from server.home import open_home
from server.listening import dashboard_address
from server.service.web_process import main, run
from server.superlink import refuse_busy_port
from shared.errors import SettingsError
from shared.http.access_log import access_log
from shared.json_logs import write_json_logs

# Pages that stay open for news are not waited for.
STOP_SECONDS = 2


def answer(folder: Path) -> None:
    """Answer people and programs at the coordinator.

    Raises
    ------
    SettingsError
        When coordinator.toml wants no dashboard.
    """
    write_json_logs(level=logging.WARNING)
    home = open_home(folder)
    found = dashboard_address(home)
    if found is None:
        raise SettingsError("There is to be no dashboard.", "Set dashboard in coordinator.toml.")
    host, port = found
    refuse_busy_port(host, port, "dashboard in coordinator.toml")
    secured = not is_loopback(host)
    run(
        uvicorn.Config(
            create_dashboard(home, observers=[access_log()]),
            host=host,
            port=port,
            # Passwords never cross a network unencrypted.
            ssl_certfile=home.server_certificate if secured else None,
            ssl_keyfile=home.server_key if secured else None,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=STOP_SECONDS,
        )
    )


if __name__ == "__main__":
    sys.exit(main(answer))
