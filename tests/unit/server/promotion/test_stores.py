"""Candidates, standing sign-offs and tries in the coordinator's database."""

from __future__ import annotations

import datetime

import pytest

from server.home import CoordinatorHome
from server.promotion.candidate import Candidate, NamedModel
from server.promotion.candidate_store import CandidateStore, ChangedMeanwhileError
from server.promotion.judging import next_version
from server.promotion.sign_off_store import SignOffStore
from server.promotion.tries import TryStore
from shared.errors import SettingsError


def candidate(run: str = "run-0001", version: str = "1.0.0", inputs: str = "x") -> Candidate:
    return Candidate(
        id=run,
        model=NamedModel(label="two.random_forest version 1", digest="a" * 64),
        kind="random_forest",
        version=version,
        inputs=inputs,
        state="trained",
        since="2026-11-25T00:00:00+00:00",
        revision=1,
    )


def test_a_step_is_written_with_who_and_why(home: CoordinatorHome) -> None:
    store = CandidateStore(home.engine())
    first = store.add(candidate(), "loop", "trained")
    assert store.add(candidate(version="9.9.9"), "loop", "again") == first
    judged = store.move(first, "judged", "gate", "better")
    assert store.read("run-0001") == judged
    steps = store.transitions("run-0001")
    assert [(each.before, each.after, each.actor, each.reason) for each in steps] == [
        (None, "trained", "loop", "trained"),
        ("trained", "judged", "gate", "better"),
    ]
    assert [each.id for each in store.on_the_way()] == ["run-0001"]
    store.move(judged, "rejected", "gate", "worse")
    assert store.on_the_way() == []


def test_who_looked_before_it_moved_changes_nothing(home: CoordinatorHome) -> None:
    store = CandidateStore(home.engine())
    seen = store.add(candidate(), "loop", "trained")
    moved = store.move(seen, "rejected", "Ana", "no")
    with pytest.raises(ChangedMeanwhileError, match="Ana brought it to rejected"):
        store.move(seen, "judged", "Luis", "yes")
    with pytest.raises(ChangedMeanwhileError):
        store.note(seen, held="later")
    assert store.read("run-0001") == moved
    assert len(store.transitions("run-0001")) == 2


def test_an_unknown_candidate_is_said(home: CoordinatorHome) -> None:
    with pytest.raises(SettingsError, match="no candidate 'run-0009'"):
        CandidateStore(home.engine()).read("run-0009")


def test_versions_tell_what_changed() -> None:
    assert next_version([], "x") == "1.0.0"
    first = candidate(version="1.0.0")
    tenth = candidate("run-0002", version="1.10.0")
    assert next_version([first, tenth], "x") == "1.11.0"
    assert next_version([first, tenth], "other inputs") == "2.0.0"


def test_tries_count_until_rows_are_fresh(home: CoordinatorHome) -> None:
    tries = TryStore(home.engine())
    assert tries.count("run-0002", "champion", "") == 1
    assert tries.count("run-0003", "champion", "") == 2
    # Asked again, it is the same try.
    assert tries.count("run-0003", "champion", "") == 2
    assert tries.count("run-0002", "champion", "") == 1
    today = datetime.datetime.now(datetime.UTC).date()
    yesterday, tomorrow = (today + datetime.timedelta(days=days) for days in (-1, 1))
    assert tries.count("run-0004", "champion", tomorrow.isoformat()) == 1
    assert tries.count("run-0005", "champion", yesterday.isoformat()) == 4
    assert tries.count("run-0006", "another champion", "") == 1


def test_a_standing_sign_off_ends(home: CoordinatorHome) -> None:
    store = SignOffStore(home.engine())
    today = datetime.datetime.now(datetime.UTC).date()
    given = store.give("Dr. Ruiz", today, role="cardiology", largest_class_drop=0.05)
    assert store.all() == [given]
    assert store.holding(today) == [given]
    assert store.holding(today + datetime.timedelta(days=1)) == []
    store.withdraw(given.id)
    assert store.holding(today) == []
    with pytest.raises(SettingsError, match="no standing sign-off"):
        store.withdraw(given.id)
    with pytest.raises(SettingsError, match="is past"):
        store.give("Dr. Ruiz", today - datetime.timedelta(days=1))
