"""The day's work: each new record is answered and stored once, whatever cuts it off."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from client.api.answering import Answering, Question
from client.audit import AuditQuery, Prediction
from client.cli import app
from client.daily import job as module
from client.daily.erasing import DailyRecords
from client.daily.job import DailyJob
from client.daily.report import remove_reports, write_report
from client.home import open_home
from client.monitoring.kept_findings import kept
from client.serving.answer import Answer
from client.serving.case import Case
from client.serving.model_store import NoModelError
from client.serving.services import NodeServices
from client.sources.pseudonyms import patient_key, pseudonym_of_number
from shared.errors import DataError, JuntosError
from tests.unit.client.daily.conftest import WritePatients, patients
from tests.unit.client.small_hospital import SENTINEL

DAY = date(2026, 11, 25)
NEXT = date(2026, 11, 26)


def stored(services: NodeServices) -> list[tuple[str, float]]:
    """Return whose answers are stored and their ages."""
    found = [each.input or {} for each in services.audit.every(AuditQuery(caller="daily job"))]
    ages = [each["age"] for each in found]
    patient = [each.patient for each in services.audit.every(AuditQuery(caller="daily job"))]
    return sorted(zip(patient, ages, strict=True))


def test_each_new_record_is_answered_once(
    services: NodeServices, write_patients: WritePatients
) -> None:
    write_patients(patients(5))
    first = DailyJob(services).run(DAY)
    again = DailyJob(services).run(DAY)
    assert (first.answered, first.new, first.rows_set_aside) == (5, 5, 0)
    assert (again.answered, again.new) == (5, 0)
    assert len(set(stored(services))) == len(stored(services)) == 5

    write_patients(patients(5), patients(2, start=300))
    next_day = DailyJob(services).run(NEXT)
    assert (next_day.answered, next_day.new) == (2, 2)
    assert len(set(stored(services))) == 7


def test_a_diagnosis_makes_no_new_record_and_another_value_does(
    services: NodeServices, write_patients: WritePatients
) -> None:
    write_patients(patients(3))
    DailyJob(services).run(DAY)
    changed = patients(3)
    changed["diagnosis"] = ["0", "2", "1"]
    changed["years"][1] = "77.5"
    write_patients(changed)
    assert DailyJob(services).run(NEXT).new == 1


def test_what_was_there_before_the_first_day_gets_no_answer(
    services: NodeServices, write_patients: WritePatients
) -> None:
    write_patients(patients(4))
    begun = DailyJob(services).run(DAY, begin=True)
    assert (begun.known, begun.answered) == (4, 0)
    write_patients(patients(4), patients(1, start=500))
    assert DailyJob(services).run(NEXT).answered == 1
    assert len(stored(services)) == 1


def test_bad_rows_are_set_aside_by_row_and_without_their_value(
    services: NodeServices, write_patients: WritePatients
) -> None:
    bad = patients(3)
    bad["years"][1] = SENTINEL
    write_patients(bad)
    done = DailyJob(services).run(DAY)
    assert (done.answered, done.rows_set_aside) == (2, 1)
    page = write_report(services.home, services.audit, done.day)
    left_out = list(csv.DictReader((page.parent / "tables" / "left_out.csv").open()))
    assert [(each["Row"], each["Column"]) for each in left_out] == [("3", "years")]
    written = "".join(
        each.read_text() for each in page.parent.rglob("*") if each.suffix in {".html", ".csv"}
    )
    assert SENTINEL not in written

    corrected = {**bad, "years": [bad["years"][0], "41", bad["years"][2]]}
    write_patients(corrected)
    assert DailyJob(services).run(NEXT).new == 1


def test_a_record_that_fails_does_not_stop_the_others(
    services: NodeServices, write_patients: WritePatients, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_patients(patients(4))
    model = services.store.active
    answer_many = model.answer_many

    def failing(cases: Sequence[Case]) -> list[Answer]:
        if any(case.values["age"] == 52.0 for case in cases):
            raise ValueError(SENTINEL)
        return answer_many(cases)

    monkeypatch.setattr(model, "answer_many", failing)
    done = DailyJob(services).run(DAY)
    assert (done.answered, done.failed) == (3, 1)
    page = write_report(services.home, services.audit, done.day)
    reasons = (page.parent / "tables" / "not_answered.csv").read_text()
    assert "ValueError" in reasons
    assert SENTINEL not in reasons


@pytest.mark.parametrize("moment", ["before", "after"])
def test_cut_off_around_a_commit_and_run_again(
    services: NodeServices,
    write_patients: WritePatients,
    monkeypatch: pytest.MonkeyPatch,
    moment: str,
) -> None:
    write_patients(patients(10))
    monkeypatch.setattr(module, "PIECE", 3)
    answer = Answering.answer
    pieces: list[int] = []

    def cut_off(
        self: Answering, questions: Sequence[Question], caller: str, request: str
    ) -> list[Prediction]:
        pieces.append(1)
        if len(pieces) == 2 and moment == "before":
            raise KeyboardInterrupt
        found = answer(self, questions, caller, request)
        if len(pieces) == 2:
            raise KeyboardInterrupt
        return found

    monkeypatch.setattr(Answering, "answer", cut_off)
    with pytest.raises(KeyboardInterrupt):
        DailyJob(services).run(DAY)
    assert len(stored(services)) == (3 if moment == "before" else 6)
    # The next day goes on where this one stopped, and the records stay those of their day.
    assert DailyJob(services).run(NEXT).answered == 0
    assert DailyJob(services).book.counts(DAY.isoformat()) == {"answered": 10}
    assert len(set(stored(services))) == len(stored(services)) == 10


KILLED = """
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from client.daily import job
from client.monitoring.kept_findings import kept
from client.serving.answer import Answer
from client.serving.case import Case
from client.serving.model_store import NoModelError
from client.serving.services import open_services
job.PIECE = 2
services = open_services(Path(sys.argv[1]))
def told(number, of):
    print(number, flush=True)
    import time
    time.sleep(0.05)
job.DailyJob(services).run(date(2026, 11, 25), progress=told)
"""


def test_killed_half_way_and_run_again(
    home: Path, services: NodeServices, write_patients: WritePatients
) -> None:
    write_patients(patients(40))
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(home)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    for _ in range(3):
        process.stdout.readline()
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    half = len(stored(services))
    assert 6 <= half < 40
    DailyJob(services).run(DAY)
    assert len(set(stored(services))) == len(stored(services)) == 40
    assert services.audit.verify()


def test_two_jobs_at_once_are_refused(
    services: NodeServices, write_patients: WritePatients, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_patients(patients(1))
    first, second = DailyJob(services), DailyJob(services)
    refused = []

    def meanwhile(*_: object) -> None:
        with pytest.raises(JuntosError, match="Another daily job") as caught:
            second.run(DAY)
        refused.append(caught)

    first.run(DAY, progress=meanwhile)
    assert refused


def test_an_erased_patient_is_in_no_report(
    services: NodeServices, write_patients: WritePatients
) -> None:
    write_patients(patients(3))
    done = DailyJob(services).run(DAY)
    page = write_report(services.home, services.audit, done.day)
    whose = pseudonym_of_number(patient_key(services.home.patient_key_file), "101", frozenset())
    [answer] = services.audit.find(AuditQuery(patient=whose))
    assert answer.id in page.read_text()
    assert DailyRecords(services.home).erase(whose) == 1
    assert answer.id not in page.read_text()
    assert answer.id not in (page.parent / "tables" / "answers.csv").read_text()
    assert DailyRecords(services.home).erase(whose) == 0


def test_reports_are_kept_as_long_as_answers(
    services: NodeServices, write_patients: WritePatients
) -> None:
    write_patients(patients(1))
    done = DailyJob(services).run(DAY)
    page = write_report(services.home, services.audit, done.day)
    assert remove_reports(services.home.path, 184, date(2027, 5, 1)) == 0
    assert remove_reports(services.home.path, 184, date(2027, 6, 1)) == 1
    assert not page.exists()


def test_a_source_that_cannot_be_read_answers_nothing(services: NodeServices) -> None:
    with pytest.raises(DataError):
        DailyJob(services).run(DAY)
    assert stored(services) == []


def test_from_the_command_line(home: Path, write_patients: WritePatients) -> None:
    write_patients(patients(2))
    run = CliRunner().invoke(app, ["daily", "--home", str(home), "--date", "2026-11-25", "--json"])
    assert run.exit_code == 0, run.output
    found = json.loads(run.stdout)
    assert (found["answered"], found["new"]) == (2, 2)
    page = Path(found["report"]).read_text()
    assert "2 new records were answered" in page
    assert "Se respondieron 2 registros nuevos" in page
    assert open_home(home).settings.hospital in page
    looked = kept(home)
    assert looked is not None
    assert looked.rows == 2


def test_drift_that_cannot_be_looked_for_takes_no_answer_away(
    home: Path, write_patients: WritePatients
) -> None:
    (home / "monitoring.toml").write_text("window_rows = 0")
    write_patients(patients(2))
    run = CliRunner().invoke(app, ["daily", "--home", str(home), "--date", "2026-11-25", "--json"])
    assert run.exit_code == 0, run.output
    assert "window_rows" in run.stderr
    assert json.loads(run.stdout)["answered"] == 2


def test_without_a_model_the_exit_code_says_so(home: Path, write_patients: WritePatients) -> None:
    import shutil

    shutil.rmtree(home / "models")
    write_patients(patients(2))
    run = CliRunner().invoke(app, ["daily", "--home", str(home)])
    assert isinstance(run.exception, NoModelError)
    assert run.exception.exit_code == 7
