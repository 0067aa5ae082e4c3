"""How the federation stands, and what waits for a person."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from server.dashboard.glance import glance_of
from server.dashboard.live import changed, read_stamps
from server.dashboard.presence import FILE, presences
from server.dashboard.wording import Wording
from server.database import candidates, runs
from server.home import CoordinatorHome
from tests.sample_federation import WAITING


def test_everything_that_waits_is_told_the_most_urgent_first(
    sample: CoordinatorHome, wording: Wording
) -> None:
    found = glance_of(sample, wording)
    told = [(each.meaning, each.path) for each in found.waiting]
    assert told == [
        ("act", "/drift?hospital=Valencia&feature=thallium_scan"),
        ("act", "/hospitals/Torino"),
        ("attention", f"/models/{WAITING}"),
        ("attention", "/drift?hospital=Porto"),
        ("attention", "/hospitals/Lyon"),
        ("attention", "/hospitals/Salamanca"),
        ("unknown", "/hospitals"),
    ]
    assert (found.up, len(found.joined), found.answering) == (4, 5, 4)
    assert found.used is not None
    assert found.used.version == "1.2.0"


def test_the_sentence_is_in_the_language_of_the_reader(
    sample: CoordinatorHome, wording: Wording
) -> None:
    said = glance_of(sample, wording).sentence(wording)
    expected = {
        "en": "4 of 5 hospitals are up; silent: Torino. 7 things wait for a person.",
        "es": "4 de 5 hospitales están activos; en silencio: Torino. "
        "7 cosas esperan por una persona.",
    }
    assert said == expected[wording.words.language]


def test_what_never_ran_is_unknown_and_not_silent(home: CoordinatorHome, wording: Wording) -> None:
    (home.path / FILE).unlink()
    found = glance_of(home, wording)
    assert {each.state for each in found.joined} == {"unknown"}
    assert [each.path for each in found.waiting if each.path == "/hospitals/Torino"] == []


def test_a_node_is_gone_once_its_heartbeats_are_missing(home: CoordinatorHome) -> None:
    now = datetime.now(UTC)
    with sqlite3.connect(home.path / FILE) as database:
        database.execute(
            "UPDATE node SET online_until = ? WHERE node_id = 1000",
            ((now + timedelta(seconds=50)).timestamp(),),
        )
    seen = presences(home.path, now)["1000"]
    assert seen.is_up
    # Heard ten seconds ago: it is waited for twice thirty.
    assert datetime.fromisoformat(seen.last_seen) == pytest.approx(
        now - timedelta(seconds=10), abs=timedelta(seconds=1)
    )
    later = presences(home.path, now + timedelta(seconds=60))["1000"]
    assert not later.is_up


def test_a_superlink_that_is_not_set_up_says_nothing(home: CoordinatorHome) -> None:
    (home.path / FILE).write_bytes(b"")
    assert presences(home.path) == {}


def test_only_what_changed_is_told(home: CoordinatorHome) -> None:
    before = read_stamps(home)
    assert changed(before, read_stamps(home)) == []
    with home.engine().begin() as connection:
        connection.execute(update(runs).where(runs.c.id == "run-0030").values(message="round 8"))
        connection.execute(update(candidates).where(candidates.c.id == WAITING).values(revision=4))
    assert changed(before, read_stamps(home)) == ["runs", "candidates"]
