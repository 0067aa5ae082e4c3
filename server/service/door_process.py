"""The door as the service starts it: ``python -m server.service.door_process HOME ADDRESS``."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import uvicorn

from server.door import create_door
from server.home import open_home
from server.listening import door_address
from server.service.web_process import main, run
from server.superlink import refuse_busy_port
from shared.json_logs import write_json_logs

# Longer than the pause between two polls of a SuperNode, so that its connection stays open.
KEEP_ALIVE_SECONDS = 75
MAXIMUM_CONNECTIONS = 2_000
STOP_SECONDS = 5


def answer(folder: Path) -> None:
    """Answer hospitals, and hand their calls on to the SuperLink at the address given."""
    write_json_logs(level=logging.WARNING)
    home = open_home(folder)
    host, port = door_address(home)
    refuse_busy_port(host, port, "address or listen in coordinator.toml")
    run(
        uvicorn.Config(
            create_door(home, sys.argv[2]),
            host=host,
            port=port,
            ssl_certfile=home.server_certificate,
            ssl_keyfile=home.server_key,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=STOP_SECONDS,
            limit_concurrency=MAXIMUM_CONNECTIONS,
        )
    )


if __name__ == "__main__":
    sys.exit(main(answer))
