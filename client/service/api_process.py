"""One process of the API, as the service starts it: ``python -m client.service.api_process``.

Nothing of the training stack is imported here: a hospital's answers need none of it.
"""

from __future__ import annotations

import socket
import sys
from pathlib import Path

from client.api.process import server_of, settle, watched_api
from client.api.settings import ApiSettings, read_settings
from client.service.api_socket import READY
from client.service.own_log import OwnLog
from client.serving.services import open_services
from shared.errors import JuntosError
from shared.supervision.announced_server import AnnouncedServer


def announce() -> None:
    """Say that requests are accepted."""
    print(READY, flush=True)  # noqa: T201 - the service reads it


def answer(home: Path, descriptor: int, log_file: Path | None = None) -> None:
    """Answer requests that come in at an open socket until SIGINT or SIGTERM.

    Parameters
    ----------
    log_file : Path, optional
        Behind the output streams, where there is one; it is begun anew whenever it is large.

    Raises
    ------
    JuntosError
        When the node's folder cannot be used.
    """
    settings: ApiSettings = read_settings(home)
    services = open_services(home)
    try:
        application = watched_api(services, settings)
        server = AnnouncedServer(server_of(application, settings, home).config, READY)
        if log_file is not None:
            OwnLog(log_file, announce).watch()
        settle()
        server.run(sockets=[socket.socket(fileno=descriptor)])
    finally:
        services.close()


def main() -> int:
    """Run; return the exit code."""
    home, descriptor = Path(sys.argv[1]), int(sys.argv[2])
    log_file = Path(sys.argv[3]) if len(sys.argv) > 3 else None
    try:
        answer(home, descriptor, log_file)
    except JuntosError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return error.exit_code
    except Exception as error:
        # Neither what it says nor its traceback is written: both may hold a patient's values.
        print(f"The API failed: {type(error).__name__}.", file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
