"""The running coordinator: all its parts, started, watched and ended together."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

from server.home import CoordinatorHome
from server.listening import door_address
from server.service.certificate_part import CertificatePart
from server.service.parts import (
    dashboard_part,
    dispatcher_part,
    door_part,
    notifier_part,
    once,
    superlink_part,
)
from server.superlink import refuse_busy_port, superlink_port
from shared.processes import StopRequestedError, stopping_on_terminate
from shared.supervision.looking_after import look_after
from shared.supervision.only_one import only_one
from shared.supervision.part import Part
from shared.supervision.report import remove_report


@dataclass(frozen=True)
class Tellings:
    """Who hears what.

    Attributes
    ----------
    ready : callable
        Called once with the public address when hospitals can connect.
    say, warn : callable
        Get sentences for people.
    """

    ready: Callable[[str], None]
    say: Callable[[str], None]
    warn: Callable[[str], None]


def serve(home: CoordinatorHome, tellings: Tellings) -> None:
    """Run the coordinator until Ctrl-C or SIGTERM.

    What ends by itself is started again: SuperLink, door, dispatcher, dashboard, notifier.

    Raises
    ------
    SettingsError
        When a port is taken, or the coordinator runs already.
    JuntosError
        When the SuperLink or the door does not start at all.
    """
    with (
        contextlib.suppress(StopRequestedError, KeyboardInterrupt),
        stopping_on_terminate(),
        only_one(home.path, "coordinator", "juntos coordinator status"),
        ExitStack() as running,
    ):
        host, port = door_address(home)
        refuse_busy_port(host, port, "address or listen in coordinator.toml")
        running.callback(remove_report, home.path)
        parts = parts_of(home, tellings)
        for part in parts:
            running.callback(part.stop)
        look_after(home.path, parts, tellings.warn)


def parts_of(home: CoordinatorHome, tellings: Tellings) -> list[Part]:
    """Return the parts in the order in which they start."""
    port = superlink_port(home)
    told = once(lambda: tellings.ready(home.settings.address))

    def tell() -> None:
        if superlink.is_up and door.is_up:
            told()

    superlink = superlink_part(home, port, tellings.warn, tell)
    door = door_part(home, port, tellings.warn, tell)
    dispatcher = dispatcher_part(home, superlink, tellings.warn)
    dashboard = dashboard_part(home, door, tellings.say, tellings.warn)
    notifier = notifier_part(home, door, tellings.warn)
    certificate = CertificatePart(home, [superlink, door, dashboard], tellings.warn)
    return [certificate, superlink, door, dispatcher, dashboard, notifier]
