"""One program of a service: started, ready, ended, started again."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from shared.errors import JuntosError
from shared.processes import ChildProcess, wait_until
from shared.supervision.backoff import Backoff
from shared.supervision.child_part import ChildPart, Program

READY = "print('ready', flush=True); import time; time.sleep(60)"


class Stage:
    """A part, and what was said of it."""

    def __init__(self, folder: Path, code: str, **options: object) -> None:
        self.told: list[str] = []
        self.readies = 0
        self.code = code
        program = Program(
            "The program",
            lambda: ChildProcess(
                [sys.executable, "-c", self.code], dict(os.environ), folder / "program.log"
            ),
            lambda child: "ready" in child.log_text(),
            start_seconds=float(str(options.pop("start_seconds", 60))),
        )
        self.part = ChildPart(
            "program",
            program,
            Backoff(0.2, shortest=0.05),
            self.told.append,
            became_ready=self._ready,
            **options,  # type: ignore[arg-type]
        )

    def _ready(self) -> None:
        self.readies += 1

    def until(self, state: str) -> None:
        def reached() -> bool:
            self.part.step()
            return self.part.state.state == state

        assert wait_until(reached, 20, 0.02), self.part.state


@pytest.fixture
def stages() -> Iterator[list[Stage]]:
    made: list[Stage] = []
    yield made
    for each in made:
        each.part.stop()


def test_a_killed_one_is_started_again_and_told(tmp_path: Path, stages: list[Stage]) -> None:
    stages.append(stage := Stage(tmp_path, READY))
    stage.until("up")
    assert stage.part.is_up
    first = stage.part.process
    assert first is not None
    # Another child of the same worker may be anybody's.
    psutil.Process(first.process_id).kill()
    stage.until("restarting")
    stage.until("up")
    assert stage.part.process is not first
    assert stage.readies == 2
    assert stage.part.state.restarts == 1
    (said,) = stage.told
    assert said.startswith("The program ended by itself (killed by signal 9).")


def test_one_that_cannot_begin_ends_the_service_with_its_last_words(
    tmp_path: Path, stages: list[Stage]
) -> None:
    stages.append(stage := Stage(tmp_path, "raise SystemExit('no key')", must_begin=True))
    with pytest.raises(JuntosError, match=r"did not start \(exit code 1\)\. no key") as caught:
        stage.until("up")
    assert "program.log" in caught.value.fix


def test_the_same_trouble_is_told_once(tmp_path: Path, stages: list[Stage]) -> None:
    stages.append(stage := Stage(tmp_path, "raise SystemExit(3)"))
    deadline = time.monotonic() + 2
    while stage.part.state.restarts < 3 and time.monotonic() < deadline:
        stage.part.step()
        time.sleep(0.01)
    assert stage.part.state.restarts >= 2
    assert len(stage.told) == 1
    stage.code = READY
    stage.until("up")


def test_one_that_is_never_ready_is_started_again(tmp_path: Path, stages: list[Stage]) -> None:
    stages.append(stage := Stage(tmp_path, "import time; time.sleep(60)", start_seconds=0.2))
    stage.until("restarting")
    assert "not ready after 0 s" in stage.told[0]
    assert stage.part.process is None


def test_it_waits_for_what_it_needs(tmp_path: Path, stages: list[Stage]) -> None:
    there: list[bool] = []
    stages.append(stage := Stage(tmp_path, READY, after=lambda: bool(there)))
    stage.part.step()
    assert stage.part.process is None
    there.append(True)
    stage.until("up")


def test_one_that_is_off_stays_off(tmp_path: Path, stages: list[Stage]) -> None:
    stages.append(stage := Stage(tmp_path, READY, off="The settings say so."))
    stage.part.step()
    assert (stage.part.state.state, stage.part.state.reason) == ("off", "The settings say so.")
    assert stage.part.process is None
