"""The dispatcher as the service starts it: ``python -m server.service.dispatcher_process HOME``."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from server.database import candidates
from server.home import CoordinatorHome, open_home
from server.scheduling.dispatcher import Dispatcher
from server.scheduling.runner import FlowerRunner
from server.service.web_process import READY, main
from shared.errors import JuntosError
from shared.json_logs import write_json_logs
from shared.processes import StopRequestedError, stopping_on_terminate
from shared.supervision.parent import when_parent_ends

STEP_SECONDS = 1.0


def after_run(home: CoordinatorHome, run: str) -> object:
    """Do what follows from a run that ended."""
    # Imported with the first run: the registry takes seconds.
    from server import loop

    return loop.after_run(home, run)


def catch_up(home: CoordinatorHome) -> None:
    """Do what follows from time that has passed, where a model is on its way at all."""
    with home.engine().connect() as connection:
        if connection.execute(select(candidates.c.id).limit(1)).first() is None:
            return
    from server import loop

    loop.catch_up(home)


def dispatch(folder: Path) -> None:
    """See to the queue until SIGTERM, or until the service is gone."""
    write_json_logs()
    home = open_home(folder)
    tell = teller()
    dispatcher = Dispatcher(home, FlowerRunner(home), after_run, tell, tell, catch_up=catch_up)
    when_parent_ends(lambda: os._exit(1))
    print(READY, flush=True)  # noqa: T201 - the service reads it
    with contextlib.suppress(StopRequestedError, KeyboardInterrupt), stopping_on_terminate():
        try:
            go_on(dispatcher)
        finally:
            with contextlib.suppress(SQLAlchemyError):
                dispatcher.close()


def go_on(dispatcher: Dispatcher) -> None:
    """Step again and again; a database that is away comes back."""
    log, trouble = logging.getLogger("juntos.coordinator"), ""
    while True:
        try:
            dispatcher.step()
            trouble = ""
        except SQLAlchemyError as error:
            if trouble != (trouble := type(error).__name__):
                log.warning("The database cannot be used now (%s).", trouble)
        except JuntosError as error:
            # As when coordinator.toml is being edited.
            if trouble != (trouble := str(error)):
                log.warning("The dispatcher is held up: %s", trouble)
        time.sleep(STEP_SECONDS)


def teller() -> Callable[[str], None]:
    """Return what tells people at the service's terminal, and the log."""
    terminal = int(sys.argv[2]) if len(sys.argv) > 2 else None
    log = logging.getLogger("juntos.coordinator")

    def tell(text: str) -> None:
        log.info("%s", text)
        if terminal is not None:
            # Whoever started the service may have closed it.
            with contextlib.suppress(OSError):
                os.write(terminal, f"{text}\n".encode())

    return tell


if __name__ == "__main__":
    sys.exit(main(dispatch))
