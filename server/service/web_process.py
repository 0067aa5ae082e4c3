"""Running one of the coordinator's web applications in a process of its own."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import uvicorn

from shared.errors import JuntosError
from shared.supervision.announced_server import AnnouncedServer

# What a process says once it accepts requests.
READY = "Accepting requests."


def run(config: uvicorn.Config) -> None:
    """Answer requests until SIGTERM, or until the service is gone."""
    AnnouncedServer(config, READY).run()


def main(answer: Callable[[Path], None]) -> int:
    """Run what answers for the coordinator's folder that is named; return the exit code."""
    try:
        answer(Path(sys.argv[1]))
    except JuntosError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return error.exit_code
    return 0
