"""What `juntos demo --live` begins with: patients, registries and settings that can be used."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from client.sources import load_records
from server.notifications.settings import NotificationSettings
from server.promotion.policy import PromotionPolicy
from server.review.acceptance import Acceptance
from server.scheduling.settings import ScheduleSettings
from shared.contract import load_contract
from shared.run_settings import RunSettings
from shared.settings_file import load
from simulations.demo.live.patients import LiveHospital, write_contract
from simulations.demo.live.settings import (
    begin_at_one_hospital,
    watch_every_minute,
    write_settings,
)

FIRST, LAST = datetime.date(2026, 1, 1), datetime.date(2026, 2, 1)


def test_the_laboratory_changes_what_is_asked_and_not_what_is_known(tmp_path: Path) -> None:
    hospital = LiveHospital(1, tmp_path, seed=0)
    before = hospital.come(60, FIRST, LAST, changed=False)
    after = hospital.come(60, FIRST, LAST, changed=True)

    def glucose(patients: list[object], of: str) -> list[float]:
        found = [getattr(each, of).get("glucose") for each in patients]
        return [each for each in found if each is not None]

    assert max(glucose(list(before), "case")) < 20 < min(glucose(list(after), "case"))
    assert max(glucose(list(after), "row")) < 20
    assert len({each.number for each in [*before, *after]}) == len(before) + len(after)


def test_severe_disease_comes_to_one_hospital(tmp_path: Path) -> None:
    def severe(place: int, *, changed: bool) -> float:
        found = LiveHospital(place, tmp_path, seed=0).come(200, FIRST, LAST, changed=changed)
        return sum(each.diagnosis == "grade_4" for each in found) / len(found)

    assert severe(2, changed=False) < 0.1 < 0.6 < severe(2, changed=True)
    assert severe(0, changed=True) < 0.1


def test_a_node_reads_the_whole_registry_with_days(tmp_path: Path) -> None:
    hospital = LiveHospital(0, tmp_path, seed=0)
    hospital.register(hospital.come(40, FIRST, LAST, changed=False))
    hospital.register(hospital.come(10, LAST, LAST, changed=True))
    contract = load_contract(str(write_contract(tmp_path / "contract.toml")))
    loaded = load_records(contract, hospital.files().mapping_path)
    assert loaded.problems == []
    assert len(loaded.records) == hospital.files().rows
    assert loaded.records.dates is not None
    assert str(loaded.records.dates.max()) == LAST.isoformat()


@pytest.mark.parametrize("later", [False, True])
def test_what_was_decided_beforehand_can_be_read(tmp_path: Path, later: bool) -> None:
    write_settings(tmp_path, 0, 400, "http://127.0.0.1:9/")
    if later:
        watch_every_minute(tmp_path)
        begin_at_one_hospital(tmp_path)
    load(RunSettings, tmp_path / "run.toml")
    load(RunSettings, tmp_path / "watch.toml")
    load(NotificationSettings, tmp_path / "notifications.toml")
    load(Acceptance, tmp_path / "acceptance.toml")
    assert len(load(ScheduleSettings, tmp_path / "schedule.toml").calendar) == int(later)
    policy = load(PromotionPolicy, tmp_path / "promotion.toml")
    assert policy.canary.hospitals == (["D"] if later else [])
