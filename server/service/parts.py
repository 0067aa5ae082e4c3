"""The parts of the coordinator's service, in the order in which they start."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence

from server.home import CoordinatorHome
from server.listening import dashboard_address, shown_dashboard
from server.service.web_process import READY
from server.superlink import start_superlink, superlink_answers
from shared.processes import ChildProcess
from shared.supervision.backoff import Backoff
from shared.supervision.child_part import ChildPart, Program

# Between two starts of a part that keeps ending.
LONGEST_WAIT = 60.0
SUPERLINK, DOOR, DISPATCHER = "superlink", "door", "dispatcher"
DASHBOARD, NOTIFIER = "dashboard", "notifier"


def superlink_part(
    home: CoordinatorHome,
    port: int,
    warn: Callable[[str], None],
    ready: Callable[[], None] = lambda: None,
) -> ChildPart:
    """Return the SuperLink, which keeps its port."""
    program = Program(
        "The SuperLink",
        lambda: start_superlink(home, port),
        lambda _child: superlink_answers(home, port),
    )
    return ChildPart(
        SUPERLINK, program, Backoff(LONGEST_WAIT), warn, must_begin=True, became_ready=ready
    )


def door_part(
    home: CoordinatorHome, port: int, warn: Callable[[str], None], ready: Callable[[], None]
) -> ChildPart:
    """Return the door; it stays while the SuperLink behind it is started again."""
    program = own_program(home, "The door", DOOR, f"127.0.0.1:{port}")
    return ChildPart(
        DOOR, program, Backoff(LONGEST_WAIT), warn, must_begin=True, became_ready=ready
    )


def dispatcher_part(
    home: CoordinatorHome, superlink: ChildPart, warn: Callable[[str], None]
) -> ChildPart:
    """Return what sees to the queue; it speaks to people for itself."""
    terminal = os.dup(sys.stderr.fileno())
    program = own_program(home, "The dispatcher", DISPATCHER, str(terminal), keep_open=[terminal])
    return ChildPart(
        DISPATCHER, program, Backoff(LONGEST_WAIT), warn, after=lambda: superlink.is_up
    )


def dashboard_part(
    home: CoordinatorHome,
    door: ChildPart,
    say: Callable[[str], None],
    warn: Callable[[str], None],
) -> ChildPart:
    """Return the dashboard and the API, where they are wanted."""
    wanted = dashboard_address(home) is not None
    return ChildPart(
        DASHBOARD,
        own_program(home, "The dashboard", DASHBOARD),
        Backoff(LONGEST_WAIT),
        warn,
        # Hospitals come first.
        after=lambda: door.is_up,
        became_ready=once(lambda: say(f"The dashboard is at {shown_dashboard(home)}.")),
        off="" if wanted else "coordinator.toml says so.",
    )


def notifier_part(home: CoordinatorHome, door: ChildPart, warn: Callable[[str], None]) -> ChildPart:
    """Return what tells people, by mail and webhook."""
    program = own_program(home, "The notifier", NOTIFIER)
    return ChildPart(NOTIFIER, program, Backoff(LONGEST_WAIT), warn, after=lambda: door.is_up)


def own_program(
    home: CoordinatorHome,
    title: str,
    name: str,
    *arguments: str,
    keep_open: Sequence[int] = (),
) -> Program:
    """Return one of the coordinator's own processes."""
    command = [sys.executable, "-P", "-m", f"server.service.{name}_process", str(home.path)]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    log_file = home.logs / f"{name}.log"
    return Program(
        title,
        lambda: ChildProcess([*command, *arguments], environment, log_file, keep_open),
        lambda child: READY in child.log_text(),
    )


def once(act: Callable[[], None]) -> Callable[[], None]:
    """Return what does something the first time only."""
    done: list[bool] = []

    def first() -> None:
        if not done:
            done.append(True)
            act()

    return first
