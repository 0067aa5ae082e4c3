"""`juntos node serve`: everything that runs at a hospital, started, watched and ended together."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial

from client.audit.opening import remove_old_answers
from client.home import POLICY_FILE, NodeHome
from client.membership import why_no_member
from client.privacy.policy import Policy, policy_in_force
from client.privacy.retention import Retention
from client.renewing import renew_quietly
from client.service.api_part import ApiPart
from client.service.daily_part import DailyPart, last_day
from client.service.settings import ServiceSettings
from client.service.supernode_part import SuperNodePart
from client.snapshots.opening import remove_old_snapshots
from client.supernode import logged
from shared.processes import StopRequestedError, stopping_on_terminate
from shared.supervision.backoff import Backoff
from shared.supervision.looking_after import look_after
from shared.supervision.only_one import only_one
from shared.supervision.part import Part
from shared.supervision.report import remove_report

# A source that is down is asked again within the hour.
LONGEST_WAIT_FOR_DAILY = 3600.0


@dataclass(frozen=True)
class Tellings:
    """Who hears what.

    Attributes
    ----------
    connected : callable
        Called once, when the coordinator has accepted the node.
    waiting : callable
        Called once when that takes long; the node goes on trying.
    say, warn : callable
        Get sentences for people.
    """

    connected: Callable[[], None]
    waiting: Callable[[], None]
    say: Callable[[str], None]
    warn: Callable[[str], None]


def serve(home: NodeHome, settings: ServiceSettings, tellings: Tellings) -> None:
    """Run the hospital's node until Ctrl-C or SIGTERM.

    What ends by itself is started again. The API ends first, once requests that began are answered;
    then the SuperNode.

    Raises
    ------
    ConnectionRefusedByPeerError
        When the coordinator does not accept the node, or is not the one expected, and no API runs
        that this would take away.
    JuntosError
        When the SuperNode cannot be started, and no API runs.
    SettingsError
        When the node runs already.
    """
    policy = policy_in_force(home.path / POLICY_FILE)
    removals: list[Callable[[Policy], object]] = [
        partial(each, home) for each in (remove_old_snapshots, remove_old_answers)
    ]
    # Not removed, but looked at as often.
    removals.append(lambda _policy: renew_quietly(home))
    with (
        contextlib.suppress(StopRequestedError, KeyboardInterrupt),
        stopping_on_terminate(),
        only_one(home.path, "node", "juntos node status"),
        logged(home.logs / "node.log"),
        Retention(home.path, policy, removals),
        ExitStack() as running,
    ):
        running.callback(remove_report, home.path)
        parts = parts_of(home, settings, tellings)
        for part in parts:
            running.callback(part.stop)
        look_after(home.path, parts, tellings.warn)


def parts_of(home: NodeHome, settings: ServiceSettings, tellings: Tellings) -> list[Part]:
    """Return the parts in the order in which they start."""
    wait = settings.longest_wait_seconds
    api = ApiPart(home, settings, Backoff(wait), tellings.say, tellings.warn)
    supernode = SuperNodePart(
        home,
        policy_in_force(home.path / POLICY_FILE),
        Backoff(wait),
        alone=lambda: not api.wanted,
        connected=tellings.connected,
        waiting=tellings.waiting,
        why_no_member=partial(why_no_member, home),
        warn=tellings.warn,
    )
    daily = DailyPart(
        home,
        settings.daily_at,
        Backoff(LONGEST_WAIT_FOR_DAILY, shortest=wait),
        lambda: last_day(home),
        tellings.warn,
    )
    return [supernode, api, daily]
