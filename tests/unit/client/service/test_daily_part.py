from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

from client.home import open_home
from client.service.daily_part import DailyPart, last_day
from shared.processes import wait_until
from shared.supervision.backoff import Backoff

SUCCEEDS = "import sys; open(sys.argv[1] + '/days', 'a').write(sys.argv[2] + chr(10))"
FAILS = "print('error: patients.csv does not exist.'); raise SystemExit(5)"


class Hospital:
    """A daily job at 06:30, and the hospital's clock."""

    def __init__(self, home: Path, program: str, last: str = "") -> None:
        (home / "logs").mkdir(exist_ok=True)
        self.home = home
        self.time = datetime(2026, 11, 25, 6, 29, tzinfo=UTC)
        self.warned: list[str] = []
        self.part = DailyPart(
            open_home(home),
            "06:30",
            Backoff(0.01),
            lambda: last,
            self.warned.append,
            clock=lambda: self.time,
            command=[sys.executable, "-c", program, str(home)],
        )

    def at(self, day: int, hour: int, minute: int) -> None:
        self.time = datetime(2026, 11, day, hour, minute, tzinfo=UTC)
        self.part.step()
        if self.part.state.state == "up":

            def ended() -> bool:
                self.part.step()
                return self.part.state.state != "up"

            assert wait_until(ended, 30, interval=0.02)

    @property
    def days(self) -> list[str]:
        file = self.home / "days"
        return file.read_text().split() if file.exists() else []


def test_it_runs_once_a_day_at_its_hour(home: Path) -> None:
    hospital = Hospital(home, SUCCEEDS)
    for day, hour, minute in [(25, 6, 29), (25, 6, 30), (25, 6, 31), (25, 23, 59), (26, 0, 1)]:
        hospital.at(day, hour, minute)
    assert hospital.days == ["2026-11-25"]
    hospital.at(26, 6, 30)
    assert hospital.days == ["2026-11-25", "2026-11-26"]
    assert hospital.part.state.reason == "Done for 2026-11-26."


def test_a_day_that_was_missed_is_made_up_for_and_one_that_is_done_is_not(home: Path) -> None:
    missed = Hospital(home, SUCCEEDS, last="2026-11-24")
    missed.at(25, 15, 0)
    assert missed.days == ["2026-11-25"]
    done = Hospital(home, SUCCEEDS, last="2026-11-25")
    done.at(25, 16, 0)
    assert done.days == ["2026-11-25"]


def test_one_that_failed_is_tried_again_and_says_why_once(home: Path) -> None:
    hospital = Hospital(home, FAILS)
    for _ in range(3):
        assert wait_until(lambda: hospital.part._backoff.due, 5)
        hospital.at(25, 7, 0)
    assert hospital.part.state.restarts == 3
    assert len(hospital.warned) == 1
    assert "patients.csv does not exist." in hospital.warned[0]


def test_without_an_hour_nothing_starts(home: Path) -> None:
    part = DailyPart(open_home(home), None, Backoff(1), lambda: "", lambda _: None)
    part.step()
    assert part.state.state == "off"
    assert "daily_at" in part.state.reason


def test_no_job_ran_in_a_new_folder(home: Path) -> None:
    assert last_day(open_home(home)) == ""
