"""Files of cases: taken in, answered once each whatever happens, given back line by line."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from client.api.answering import Answering
from client.api.batches.batch_folder import BatchFolder
from client.api.batches.batch_store import FOLDER, BatchFiles, take_in
from client.api.batches.batch_worker import BatchWorker
from client.api.batches.erasing import WaitingCases
from client.api.batches.lines import lines_of
from client.api.batches.results import results
from client.api.fhir.erasing import WaitingAnswers
from client.api.problems import ApiError
from client.audit import AuditQuery, AuditUnavailableError
from client.serving.services import NodeServices
from tests.unit.client.api.conftest import CASE, Api
from tests.unit.client.serving.bundles import CONTRACT
from tests.unit.client.small_hospital import SENTINEL

CSV = """\
patient,age,pressure,pressure.unit,pain,fever,phenotypes,note
10,61,18.5,kPa,typical,true,HP:0001250;HP:0001166,"tired, cold"
11,300,,,,,,
,45,150,,other,0,,
12,45
"""
KINDS = {"csv": "text/csv", "ndjson": "application/x-ndjson"}


def ndjson(*cases: Any) -> bytes:  # noqa: ANN401
    return b"\n".join(json.dumps(each).encode() for each in cases)


@pytest.fixture
def files(services: NodeServices) -> BatchFiles:
    return BatchFiles(services.home.path / FOLDER, services.audit.vault)


def worker_of(services: NodeServices, files: BatchFiles) -> BatchWorker:
    return BatchWorker(files, Answering(services), services.audit, timedelta(days=7))


def taken(files: BatchFiles, services: NodeServices, count: int) -> BatchFolder:
    cases = [{"case": {"age": 20 + each % 80}, "patient": str(each)} for each in range(count)]
    content = ndjson(*cases)
    return take_in(files, services, content, "ndjson", caller="night", most_cases=10_000)


def finished(api: Api, address: str) -> dict[str, Any]:
    import time

    for _ in range(400):
        found: dict[str, Any] = api.call("GET", address).json()
        if found["state"] == "finished":
            return found
        time.sleep(0.05)
    raise AssertionError(found)


def test_a_table_is_answered_line_by_line(api: Api) -> None:
    sent = api.call("POST", "/v1/batches", content=CSV, headers={"content-type": KINDS["csv"]})
    assert sent.status_code == 202, sent.text
    address = sent.headers["location"]
    assert sent.json()["cases"] == 4
    found = finished(api, address)
    assert (found["answered"], found["refused"]) == (2, 2)
    response = api.call("GET", f"{address}/results")
    assert response.headers["content-type"] == "application/x-ndjson"
    lines = [json.loads(line) for line in response.text.splitlines()]
    assert [each["line"] for each in lines] == [2, 3, 4, 5]
    assert [each["field"] for each in lines[1]["errors"]] == ["age"]
    assert lines[3]["errors"][0]["detail"] == "Expected 8 cells."
    single = api.predict({**CASE, "note": "tired, cold"}).json()
    assert lines[0]["prediction"]["ranked"] == single["ranked"]
    written = api.services.audit.get(lines[0]["prediction"]["prediction_id"])
    assert written is not None
    assert (written.caller, written.request) == ("predict-system", found["id"])
    assert written.patient == api.services.audit.pseudonym("10")
    table = api.call("GET", f"{address}/results?format=csv")
    rows = list(csv.DictReader(io.StringIO(table.text)))
    assert [row["line"] for row in rows] == ["2", "3", "4", "5"]
    assert rows[0]["disease_1"] == single["ranked"][0]["code"]
    assert rows[1]["problems"].startswith("age: ")


def test_objects_are_answered_line_by_line(api: Api) -> None:
    content = ndjson({"case": CASE, "patient": 10}, {"age": 3}) + b"\n\n{\n"
    sent = api.call(
        "POST", "/v1/batches", content=content, headers={"content-type": KINDS["ndjson"]}
    )
    assert sent.status_code == 202, sent.text
    found = finished(api, sent.headers["location"])
    assert (found["cases"], found["answered"], found["refused"]) == (3, 1, 2)


@pytest.mark.parametrize(
    ("kind", "content", "field"),
    [
        ("csv", b"", "file"),
        ("csv", b"age\n", "file"),
        ("csv", b"age,weight\n1,2\n", "weight"),
        ("csv", b"age,age\n1,2\n", "age"),
        ("csv", b"age\n\xff\n", "file"),
        ("csv", b'age\n"1"2\n', "file"),
        ("ndjson", b"", "file"),
    ],
)
def test_a_wrong_file_is_refused_whole(
    api: Api, home: Path, kind: str, content: bytes, field: str
) -> None:
    response = api.call(
        "POST", "/v1/batches", content=content, headers={"content-type": KINDS[kind]}
    )
    assert response.status_code == 422, response.text
    assert response.json()["errors"][0]["field"] == field
    assert list((home / FOLDER).iterdir()) == []


def test_other_formats_are_refused(api: Api) -> None:
    response = api.call("POST", "/v1/batches", content=b"x", headers={"content-type": "text/x"})
    assert response.status_code == 415
    assert "text/csv" in response.json()["fix"]


def test_a_file_has_a_size(open_api: Any) -> None:  # noqa: ANN401
    api = open_api(size={"file": 1024, "file_cases": 3})
    kind = {"content-type": KINDS["ndjson"]}
    many = api.call("POST", "/v1/batches", content=ndjson(*[{"case": {}}] * 4), headers=kind)
    assert many.status_code == 422
    large = api.call("POST", "/v1/batches", content=b" " * 2000, headers=kind)
    assert large.status_code == 413


def test_files_are_their_keys_own(api: Api) -> None:
    kind = {"content-type": KINDS["ndjson"]}
    address = api.call("POST", "/v1/batches", content=b'{"case": {}}', headers=kind).headers[
        "location"
    ]
    assert api.call("GET", address, "confirm").status_code == 403
    assert api.call("GET", address, "audit").status_code == 200
    finished(api, address)
    assert len(api.call("GET", "/v1/batches").json()["batches"]) == 1
    assert api.call("DELETE", address).status_code == 204
    assert api.call("GET", address).status_code == 404
    assert api.call("GET", "/v1/batches").json() == {"batches": []}
    assert api.call("GET", "/v1/batches/..").status_code == 404


def test_results_wait_for_all_answers(
    services: NodeServices,
    files: BatchFiles,
    open_api: Any,  # noqa: ANN401
) -> None:
    folder = taken(files, services, 3)
    with folder.claimed():
        api = open_api()
        response = api.call("GET", f"/v1/batches/{folder.id}/results", "audit")
        assert response.status_code == 409
        assert response.json()["type"] == "urn:juntos:problem:not-finished"


def test_nothing_of_a_patient_is_readable_in_the_folder(
    services: NodeServices, files: BatchFiles
) -> None:
    case = {"case": {"note": SENTINEL, "age": 900}, "patient": SENTINEL}
    folder = take_in(files, services, ndjson(case), "ndjson", caller="a", most_cases=9)
    worker_of(services, files).work()
    for path in (services.home.path / FOLDER).rglob("*"):
        if path.is_file():
            assert SENTINEL.encode() not in path.read_bytes()
    assert list((folder.path / "cases").iterdir()) == []


@pytest.mark.parametrize("cut_at", ["write_plan", "finish"])
@pytest.mark.parametrize("before", [True, False])
def test_each_case_is_answered_once_however_it_is_cut_off(
    services: NodeServices,
    files: BatchFiles,
    monkeypatch: pytest.MonkeyPatch,
    cut_at: str,
    before: bool,
) -> None:
    folder = taken(files, services, 250)
    whole, calls = getattr(BatchFolder, cut_at), []

    def cut(*arguments: Any) -> None:  # noqa: ANN401
        calls.append(1)
        if len(calls) == 2 and before:
            raise KeyboardInterrupt
        whole(*arguments)
        if len(calls) == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(BatchFolder, cut_at, cut)
        with pytest.raises(KeyboardInterrupt):
            worker_of(services, files).work()
    assert len(folder.waiting()) in (1, 2)
    worker_of(services, files).work()
    assert folder.waiting() == []
    written = services.audit.find(AuditQuery(request=folder.id), limit=1000)
    assert len(written) == 250
    given = [each["prediction"]["prediction_id"] for each in results(folder, services.audit)]
    assert sorted(given) == sorted(each.id for each in written)
    assert [each.line for each in folder.outcomes()] == list(range(1, 251))


def test_two_processes_do_not_answer_one_file(services: NodeServices, files: BatchFiles) -> None:
    folder = taken(files, services, 10)
    with folder.claimed() as mine:
        assert mine
        worker_of(services, files).work()
        assert folder.waiting() == [1]
    worker_of(services, files).work()
    assert folder.waiting() == []


def test_a_file_says_why_it_waits(
    services: NodeServices, files: BatchFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise AuditUnavailableError("The audit store is unavailable: the disk is full.")

    folder = taken(files, services, 3)
    with monkeypatch.context() as broken:
        broken.setattr(type(services.audit), "record_many", fail)
        worker_of(services, files).work()
    assert "the disk is full" in folder.problem
    worker_of(services, files).work()
    assert (folder.problem, folder.waiting()) == ("", [])


def test_results_are_kept_for_a_while(services: NodeServices, files: BatchFiles) -> None:
    done, waiting = taken(files, services, 2), None
    worker_of(services, files).work()
    waiting = taken(files, services, 2)
    assert files.remove_older(timedelta(hours=1)) == 0
    assert files.remove_older(timedelta(seconds=-5)) == 1
    assert [each.id for each in files.all()] == [waiting.id]
    assert not done.path.exists()


def test_an_erased_patient_is_not_answered(services: NodeServices, files: BatchFiles) -> None:
    folder = taken(files, services, 150)
    patient = services.audit.pseudonym("120")
    assert WaitingCases(services.home).erase(patient) == 1
    assert WaitingCases(services.home).erase(patient) == 0
    worker_of(services, files).work()
    assert services.audit.find(AuditQuery(patient=patient)) == []
    progress = folder.progress()
    assert (progress.answered, progress.refused) == (149, 1)


def test_an_erased_patient_is_not_written_back(services: NodeServices) -> None:
    from tests.unit.client.api.test_fhir import Recorder, queue

    waiting = queue(services, Recorder(9), timedelta(1))
    waiting.add("one", "p1", {})
    waiting.add("two", "p2", {})
    assert WaitingAnswers(services.home).erase("p1") == 1
    assert WaitingAnswers(services.home).erase("p1") == 0
    assert waiting.waiting() == 1


def test_results_of_an_erased_patient_are_gone(services: NodeServices, files: BatchFiles) -> None:
    folder = taken(files, services, 3)
    worker_of(services, files).work()
    services.audit.erase(services.audit.pseudonym("1"))
    found = list(results(folder, services.audit))
    assert ["prediction" in each for each in found] == [True, False, True]


def test_tables_may_have_a_byte_order_mark_and_other_line_ends() -> None:
    content = '\ufeffage,note\r\n61,"two\r\nlines"\r\n\r\n45,\r\n'.encode()
    found = list(lines_of(content, "csv", CONTRACT))
    assert [(each.number, each.case) for each in found] == [
        (2, {"age": "61", "note": "two\r\nlines"}),
        (4, {"age": "45"}),
    ]


def test_wrong_columns_are_refused_at_once() -> None:
    with pytest.raises(ApiError):
        list(lines_of(b"age,diagnosis\n", "csv", CONTRACT))
