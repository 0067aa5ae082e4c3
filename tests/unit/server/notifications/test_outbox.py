"""What holds is told once, again after a while, and anew when it comes back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from server.home import CoordinatorHome
from server.notifications.notice import Notice
from server.notifications.outbox import Outbox
from server.notifications.settings import NotificationSettings
from shared.settings_file import parse

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
SETTINGS = parse(
    NotificationSettings,
    {
        "smtp": {"host": "localhost", "security": "none", "sender": "juntos@example.org"},
        "mail": [{"name": "team", "to": ["team@example.org"]}],
        "webhook": [{"name": "chat", "url": "https://chat.example.org/x", "kinds": ["run_failed"]}],
    },
    "test",
)


@pytest.fixture
def outbox(home: CoordinatorHome) -> Outbox:
    return Outbox(home.engine())


def notice(kind: str = "hospital_silent", subject: str = "silent/east", state: str = "") -> Notice:
    text = {"en": "x", "es": "y"}
    content = {"kind": kind, "subject": subject, "title": text, "text": text, "path": "/"}
    return parse(Notice, {**content, "state": state}, "test")


def note(outbox: Outbox, *found: Notice, after: timedelta = timedelta(0)) -> int:
    return outbox.note(list(found), SETTINGS, NOW + after)


def test_each_way_gets_what_it_wants_and_only_once(outbox: Outbox) -> None:
    failed = notice("run_failed", "run/run-0001")
    assert note(outbox, notice(), failed) == 3
    assert note(outbox, notice(), failed, after=timedelta(minutes=1)) == 0
    told = {(each.channel, each.notice.subject) for each in outbox.due(NOW)}
    assert told == {("team", "silent/east"), ("team", "run/run-0001"), ("chat", "run/run-0001")}


def test_what_changed_lasts_or_comes_back_is_told_again(outbox: Outbox) -> None:
    assert note(outbox, notice()) == 1
    assert note(outbox, notice(state="worse"), after=timedelta(minutes=1)) == 1
    assert note(outbox, notice(state="worse"), after=timedelta(days=6)) == 0
    assert note(outbox, notice(state="worse"), after=timedelta(days=8)) == 1
    [(_, since)] = outbox.holding()
    assert since == NOW.isoformat(timespec="seconds")
    assert note(outbox, after=timedelta(days=9)) == 0
    assert outbox.holding() == []
    assert note(outbox, notice(state="worse"), after=timedelta(days=9, hours=1)) == 1


def test_what_fails_is_tried_later_and_some_day_given_up(outbox: Outbox) -> None:
    note(outbox, notice())
    [delivery] = outbox.due(NOW)
    assert outbox.failed(delivery, "no answer", NOW) == "waiting"
    assert outbox.due(NOW + timedelta(seconds=29)) == []
    [again] = outbox.due(NOW + timedelta(seconds=31))
    assert (again.id, again.tries, again.message) == (delivery.id, 1, "no answer")
    assert outbox.waiting() == 1
    assert outbox.failed(again, "no answer", NOW + timedelta(days=4)) == "given_up"
    assert outbox.waiting() == 0
    assert outbox.newest()[0].outcome == "given_up"


def test_old_things_are_forgotten(outbox: Outbox) -> None:
    note(outbox, notice())
    [delivery] = outbox.due(NOW)
    outbox.sent(delivery, NOW)
    note(outbox, after=timedelta(days=1))
    note(outbox, after=timedelta(days=100))
    assert outbox.newest() == []
