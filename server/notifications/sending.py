"""Sending what is due, each by its way."""

from __future__ import annotations

import logging
from collections.abc import Callable

from server.home import CoordinatorHome
from server.listening import shown_dashboard
from server.notifications.errors import UndeliveredError
from server.notifications.mail import send_mail
from server.notifications.message import Message
from server.notifications.notice import Notice
from server.notifications.outbox import Delivery, Outbox
from server.notifications.settings import Mail, NotificationSettings, Webhook
from server.notifications.webhook import post

log = logging.getLogger("juntos.coordinator")


def send_due(home: CoordinatorHome, settings: NotificationSettings, outbox: Outbox) -> int:
    """Try each delivery that is due once; return how many arrived."""
    channels = {each.name: each for each in settings.channels}
    arrived = 0
    for delivery in outbox.due():
        channel = channels.get(delivery.channel)
        if channel is None:
            outbox.dropped(delivery)
            continue
        try:
            send(home, settings, channel, delivery.id, delivery.made_at, delivery.notice)
        except UndeliveredError as error:
            _note_failure(outbox, delivery, str(error))
        else:
            outbox.sent(delivery)
            arrived += 1
            log.info("told %s: %s", channel.name, delivery.notice.subject)
    return arrived


def send(
    home: CoordinatorHome,
    settings: NotificationSettings,
    channel: Mail | Webhook,
    identity: str,
    made_at: str,
    notice: Notice,
) -> None:
    """Send one notice one way.

    Raises
    ------
    UndeliveredError
        When nobody took it.
    """
    message = Message(
        id=identity,
        kind=notice.kind,
        subject=notice.subject,
        title=notice.title[channel.language],
        text=notice.text[channel.language],
        address=f"{home.settings.dashboard_address or shown_dashboard(home)}{notice.path}",
        federation=home.settings.name,
        made_at=made_at,
        language=channel.language,
    )
    if isinstance(channel, Mail):
        send_mail(home.path, settings, channel, message)
    else:
        post(home.path, channel, message)


def try_all(
    home: CoordinatorHome,
    settings: NotificationSettings,
    notice: Notice,
    identity: str,
    made_at: str,
    tell: Callable[[Mail | Webhook, str], None],
) -> bool:
    """Send a notice every way, and tell of each what became of it; return whether all took it."""
    whole = True
    for channel in settings.channels:
        try:
            send(home, settings, channel, identity, made_at, notice)
        except UndeliveredError as error:
            whole = False
            tell(channel, str(error))
        else:
            tell(channel, "")
    return whole


def _note_failure(outbox: Outbox, delivery: Delivery, reason: str) -> None:
    outcome = outbox.failed(delivery, reason)
    if delivery.tries == 0 or outcome == "given_up":
        what = "is given up" if outcome == "given_up" else "is tried again"
        log.warning("%s by %s %s: %s", delivery.notice.subject, delivery.channel, what, reason)
