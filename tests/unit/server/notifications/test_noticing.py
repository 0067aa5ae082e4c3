"""What deserves a message, from a whole federation's database."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from server.dashboard.frame import PACKAGES
from server.dashboard.standing import standings
from server.dashboard.waiting import Known, waiting_of
from server.dashboard.watches import recent_days
from server.dashboard.wording import Wording
from server.database import runs
from server.home import CoordinatorHome, open_home
from server.notifications.notice import Notice
from server.notifications.noticing import notices_of, told_of
from server.run_store import RunStore
from shared.web.words import Words
from tests.sample_federation import write_federation


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> CoordinatorHome:
    return write_federation(tmp_path_factory.mktemp("sample") / "home")


@pytest.fixture
def home(sample: CoordinatorHome, tmp_path: Path) -> CoordinatorHome:
    shutil.copytree(sample.path, tmp_path / "home")
    return open_home(tmp_path / "home")


def by_kind(found: list[Notice]) -> dict[str, list[Notice]]:
    return {kind: [each for each in found if each.kind == kind] for kind in {n.kind for n in found}}


def test_every_notice_has_words_in_both_languages_and_a_page(home: CoordinatorHome) -> None:
    found = notices_of(home)
    assert {"sick_feed", "drift", "candidate_waits"} <= set(by_kind(found))
    assert len({each.subject for each in found}) == len(found)
    for each in found:
        assert each.path.startswith("/")
        assert set(each.title) == set(each.text) == {"en", "es"}
        assert each.title["en"] != each.title["es"]
        for text in (*each.title.values(), *each.text.values()):
            assert "{" not in text
            assert text.strip()


def test_a_node_that_fails_at_requests_is_told_and_shown(home: CoordinatorHome) -> None:
    days = recent_days(home.engine(), 3)
    [lyon] = [each for each in standings(home, days) if each.name == "Lyon"]
    assert lyon.told is not None
    for requests, errors, expected in ((99, 50, None), (1000, 10, None), (1000, 25, 0.025)):
        service = lyon.told.service.model_copy(update={"requests": requests, "errors": errors})
        standing = replace(lyon, told=replace(lyon.told, service=service))
        assert standing.failing == expected
    [notice] = [each for each in told_of([standing], datetime.now(UTC)) if each.kind == "service"]
    assert "2.5% of the requests" in notice.text["en"]
    assert "2.5% de las peticiones" in notice.text["es"]
    wording = Wording(Words("en", PACKAGES))
    waits = [each.text for each in waiting_of(Known([standing], [], [], []), wording)]
    assert "Lyon: 2.5% of the requests to its prediction API ended without an answer." in waits


def test_the_same_state_is_the_same_notice(home: CoordinatorHome) -> None:
    now = datetime.now(UTC)
    first, later = notices_of(home, now), notices_of(home, now + timedelta(minutes=5))
    assert {(n.subject, n.fingerprint) for n in first} <= {
        (n.subject, n.fingerprint) for n in later
    }


def test_a_run_that_failed_is_news_for_some_days(home: CoordinatorHome) -> None:
    newest = RunStore(home.engine()).all()[-1].id
    ended = datetime.now(UTC)
    with home.engine().begin() as connection:
        values = {"status": "failed", "message": "Nobody came.", "ended_at": ended.isoformat()}
        connection.execute(update(runs).where(runs.c.id == newest).values(values))
    [failed] = [n for n in notices_of(home, ended) if n.subject == f"run/{newest}"]
    assert failed.kind == "run_failed"
    assert failed.text["en"] == f"{newest} failed: Nobody came."
    later = notices_of(home, ended + timedelta(days=4))
    assert f"run/{newest}" not in {each.subject for each in later}
