"""A web server whose service is told when it accepts requests, and that ends with the service."""

from __future__ import annotations

import socket

import uvicorn

from shared.supervision.parent import when_parent_ends


class AnnouncedServer(uvicorn.Server):
    """Says when requests are accepted.

    Parameters
    ----------
    config : uvicorn.Config
    words : str
        What it says, on a line of its own.
    """

    def __init__(self, config: uvicorn.Config, words: str) -> None:
        super().__init__(config)
        self._words = words

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so."""
        await super().startup(sockets)
        if self.started:
            print(self._words, flush=True)  # noqa: T201 - the service reads it

    def end(self) -> None:
        """End once requests that began are answered."""
        self.should_exit = True

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        """Answer requests until SIGINT or SIGTERM, or until the service is gone."""
        when_parent_ends(self.end)
        super().run(sockets)
