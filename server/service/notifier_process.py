"""Who tells people: ``python -m server.service.notifier_process HOME``."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import time
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from server.home import CoordinatorHome, open_home
from server.notifications.noticing import notices_of
from server.notifications.outbox import Outbox
from server.notifications.sending import send_due
from server.notifications.settings import read_settings
from server.service.web_process import READY, main
from shared.errors import JuntosError
from shared.json_logs import write_json_logs
from shared.processes import StopRequestedError, stopping_on_terminate
from shared.supervision.parent import when_parent_ends

STEP_SECONDS = 5.0
LOOK_SECONDS = 15.0


def tell(folder: Path) -> None:
    """Look what holds, and send what is due, until SIGTERM or until the service is gone."""
    write_json_logs()
    home = open_home(folder)
    when_parent_ends(lambda: os._exit(1))
    print(READY, flush=True)  # noqa: T201 - the service reads it
    with contextlib.suppress(StopRequestedError, KeyboardInterrupt), stopping_on_terminate():
        go_on(home)


def go_on(home: CoordinatorHome) -> None:
    """Step again and again; settings are read anew each time, and a database that is away comes."""
    log, trouble, looked = logging.getLogger("juntos.coordinator"), "", 0.0
    outbox = Outbox(home.engine())
    while True:
        try:
            settings = read_settings(home.path)
            if time.monotonic() - looked >= LOOK_SECONDS:
                outbox.note(notices_of(home), settings)
                looked = time.monotonic()
            send_due(home, settings, outbox)
            trouble = ""
        except SQLAlchemyError as error:
            if trouble != (trouble := type(error).__name__):
                log.warning("The database cannot be used now (%s).", trouble)
        except JuntosError as error:
            if trouble != (trouble := str(error)):
                log.warning("Nobody is told anything: %s", trouble)
        time.sleep(STEP_SECONDS)


if __name__ == "__main__":
    sys.exit(main(tell))
