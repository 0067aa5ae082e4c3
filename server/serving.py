"""The running coordinator: SuperLink and door, started and stopped together."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

import uvicorn

from server.door import create_door
from server.home import CoordinatorHome
from server.listening import door_address
from server.superlink import refuse_busy_port, running_superlink
from shared.errors import JuntosError
from shared.processes import ChildProcess, StopRequestedError, stopping_on_terminate

# Longer than the pause between two polls of a SuperNode, so that its connection stays open.
KEEP_ALIVE_SECONDS = 75
MAXIMUM_CONNECTIONS = 2_000


class DoorServer(uvicorn.Server):
    """Uvicorn that says when it listens and ends when the SuperLink behind it has ended."""

    def __init__(
        self, config: uvicorn.Config, superlink: ChildProcess, ready: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self._superlink = superlink
        self._ready = ready

    async def main_loop(self) -> None:
        """Run until told to stop."""
        self._ready()
        watch = asyncio.create_task(self._watch())
        try:
            await super().main_loop()
        finally:
            watch.cancel()

    async def _watch(self) -> None:
        while self._superlink.running:
            await asyncio.sleep(1)
        self.should_exit = True


def serve(home: CoordinatorHome, ready: Callable[[str], None]) -> None:
    """Run the coordinator until Ctrl-C or SIGTERM.

    Parameters
    ----------
    ready : callable
        Called once with the public address when hospitals can connect.

    Raises
    ------
    SettingsError
        When a port is taken or the SuperLink does not start.
    JuntosError
        When the SuperLink ends by itself.
    """
    host, port = door_address(home)
    refuse_busy_port(host, port, "address or listen in coordinator.toml")
    with (
        contextlib.suppress(StopRequestedError, KeyboardInterrupt),
        stopping_on_terminate(),
        running_superlink(home) as (superlink, address),
    ):
        config = uvicorn.Config(
            create_door(home, address),
            host=host,
            port=port,
            ssl_certfile=home.server_certificate,
            ssl_keyfile=home.server_key,
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=5,
            limit_concurrency=MAXIMUM_CONNECTIONS,
        )
        DoorServer(config, superlink, lambda: ready(home.settings.address)).run()
        if not superlink.running:
            raise JuntosError(
                f"The SuperLink ended by itself (exit code {superlink.exit_code}).",
                f"Its log is {superlink.log_file}.",
            )
