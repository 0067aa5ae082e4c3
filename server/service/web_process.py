"""Running one of the coordinator's web applications in a process of its own."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import uvicorn

from shared.errors import JuntosError
from shared.supervision.parent import when_parent_ends

# What a process says once it accepts requests.
READY = "Accepting requests."


class AnnouncedServer(uvicorn.Server):
    """Says when requests are accepted."""

    async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        """Start, and say so."""
        await super().startup(sockets)  # type: ignore[arg-type]
        if self.started:
            print(READY, flush=True)  # noqa: T201 - the service reads it

    def end(self) -> None:
        """End once requests that began are answered."""
        self.should_exit = True


def run(config: uvicorn.Config) -> None:
    """Answer requests until SIGTERM, or until the service is gone."""
    server = AnnouncedServer(config)
    when_parent_ends(server.end)
    server.run()


def main(answer: Callable[[Path], None]) -> int:
    """Run what answers for the coordinator's folder that is named; return the exit code."""
    try:
        answer(Path(sys.argv[1]))
    except JuntosError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return error.exit_code
    return 0
