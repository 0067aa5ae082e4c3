"""A hospital's FHIR server as its source: pages, tokens, patience, and what is refused."""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from client.sources import load_records
from client.sources.fhir.settings import FhirSettings
from client.sources.fhir.source import FhirSource
from client.sources.raw_table import RawTable, one_table
from server.enrolment.certificates import create_authority, create_server_identity
from shared.contract import Contract
from shared.errors import DataError, JuntosError, SettingsError
from shared.processes import ChildProcess, free_port
from shared.records import Records
from shared.settings_file import parse
from simulations.fixture_hospitals.fhir import fhir_mapping, write_fhir
from simulations.local_files import write_mapping
from tests.conftest import random_records
from tests.integration.fhir_server import SECRET

PATIENTS = 23
SENTINEL = "Garcia1957"
VARIABLE = "JUNTOS_TEST_FHIR_SECRET"


@pytest.fixture(scope="module")
def records() -> Records:
    from shared.contract import load_contract

    records = random_records(load_contract("heart_disease"), PATIENTS, seed=9)
    for name in ("age", "major_vessels"):
        records.table[name] = records.table[name] // 1
    return records


@pytest.fixture(scope="module")
def export(records: Records, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fhir")
    write_fhir(records, folder)
    documents = [
        {
            "resourceType": "DocumentReference",
            "id": name,
            "status": "current",
            "subject": {"reference": f"Patient/{number:07}"},
            "date": "2024-01-01",
            "content": [{"attachment": {"contentType": "text/plain", "url": url}}],
        }
        for number, (name, url) in enumerate(
            {"a": "Binary/plain", "b": "Binary/wrapped", "c": "Binary/absent"}.items()
        )
    ]
    lines = "".join(json.dumps(each) + "\n" for each in documents)
    (folder / "export" / "DocumentReference.ndjson").write_text(lines)
    return folder / "export"


@pytest.fixture(scope="module")
def address(export: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port = free_port()
    with started(export, port, tmp_path_factory.mktemp("log") / "fhir.log"):
        yield f"http://127.0.0.1:{port}"


def started(export: Path, port: int, log: Path, *certificate: str) -> ChildProcess:
    command = [sys.executable, "-m", "tests.integration.fhir_server", str(export), str(port)]
    server = ChildProcess([*command, *certificate], os.environ, log)
    for _ in range(300):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return server
        assert server.running, server.log_text()
        time.sleep(0.1)
    server.stop()
    raise AssertionError("the server did not start")


def oauth(address: str, **changes: object) -> dict[str, Any]:
    settings = {
        "token_url": f"{address}/token",
        "client_id": "node",
        "client_secret_env": VARIABLE,
        "scope": "system/*.read",
    }
    return {**settings, **changes}


def read(server: str, *columns: str, folder: Path = Path(), **settings: object) -> RawTable:
    content = {"kind": "fhir", "server": server, "page_size": 5, **settings}
    source = FhirSource(parse(FhirSettings, content, "mapping"), folder, {})
    return one_table(source.batches(columns or ["patient"]))


def failure(server: str, kind: type[JuntosError] = DataError, **settings: object) -> str:
    with pytest.raises(kind) as caught:
        read(server, **settings)  # type: ignore[arg-type]
    said = str(caught.value)
    assert caught.value.fix
    assert SENTINEL not in said
    assert SECRET not in said
    return said


@pytest.mark.parametrize("way", ["plain", "busy"])
def test_a_server_gives_the_same_records_as_its_files(
    way: str, address: str, records: Records, contract: Contract, tmp_path: Path
) -> None:
    place = {"server": f"{address}/{way}", "page_size": 7}
    loaded = load_records(contract, write_mapping(fhir_mapping(place), tmp_path))
    assert loaded.source == f"{address}/{way}"
    assert loaded.records.content_hash() == records.content_hash()


def test_tokens_are_fetched_and_renewed(
    address: str,
    records: Records,
    contract: Contract,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(VARIABLE, SECRET)
    # Each token is good for four requests, and there are many more pages.
    place = {"server": f"{address}/secured", "page_size": 5, "oauth": oauth(address)}
    loaded = load_records(contract, write_mapping(fhir_mapping(place), tmp_path))
    assert loaded.records.content_hash() == records.content_hash()
    (tmp_path / "secret").write_text(SECRET + "\n")
    by_file = oauth(address, client_secret_file="secret")
    del by_file["client_secret_env"]
    table = read(f"{address}/secured", folder=tmp_path, oauth=by_file)
    assert table.rows_read == PATIENTS


def test_a_token_is_refused(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    server = f"{address}/secured"
    assert "status 401" in failure(server)
    monkeypatch.setenv(VARIABLE, "wrong")
    said = failure(server, SettingsError, oauth=oauth(address))
    assert "invalid_client" in said
    assert "client_id" in said
    assert "wrong" not in said
    monkeypatch.setenv(VARIABLE, SECRET)
    said = failure(server, SettingsError, oauth=oauth(address, scope=""))
    assert "source.oauth.scope" in said
    elsewhere = oauth(address, token_url=f"{address}/page/token")
    assert "source.oauth.token_url" in failure(server, SettingsError, oauth=elsewhere)
    monkeypatch.delenv(VARIABLE)
    assert VARIABLE in failure(server, SettingsError, oauth=oauth(address))
    absent = {**oauth(address, client_secret_file="absent"), "client_secret_env": None}
    assert "absent" in failure(server, SettingsError, oauth=absent)


@pytest.mark.parametrize(
    ("way", "said"),
    [
        ("circle", "a page comes again"),
        # Always the first page, under ever new addresses.
        ("repeat", "the same resources come again"),
        ("empties", "empty pages in a row"),
        ("elsewhere", "leads to another server, http://localhost"),
        ("page", "text/html instead of FHIR"),
        ("cut", "is not whole JSON"),
        ("outcome", "something else than a Bundle"),
        ("redirect", "sends the node elsewhere"),
        ("empty", "no Patient resources"),
        ("stubborn", "asks to be left alone"),
        ("forever", "was busy 6 times"),
        ("400", "does not understand the search"),
        ("401", "does not accept the node's token"),
        ("403", "may not be read"),
        ("404", "does not exist"),
        ("500", "failed with status 500"),
    ],
)
def test_what_a_server_may_do_wrong(way: str, said: str, address: str) -> None:
    assert said in failure(f"{address}/{way}")


def test_nobody_answers() -> None:
    server = f"http://127.0.0.1:{free_port()}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("client.sources.fhir.connection.FIRST_WAIT_SECONDS", 0.001)
        assert "cannot be reached" in failure(server)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        server = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("client.sources.fhir.connection.FIRST_WAIT_SECONDS", 0.001)
            assert "did not answer in time" in failure(server, timeout_seconds=0.05)


def test_documents_come_from_the_same_server(address: str) -> None:
    notes = {"name": "note", "resource": "DocumentReference"}
    table = read(f"{address}/plain", "patient", "note", field=[notes])
    assert table.cells["note"].tolist()[:3] == ["as it is", "from a Binary", None]
    assert [problem.row for problem in table.problems] == [4]


def test_a_search_may_be_narrowed(address: str) -> None:
    # What the server finds for a code is all that is fetched of the Observations.
    field = {"name": "chol", "resource": "Observation", "code": "loinc|2093-3"}
    settings: dict[str, object] = {"field": [field], "search": {"Observation": "combo-code=none"}}
    table = read(f"{address}/plain", "chol", **settings)  # type: ignore[arg-type]
    assert table.cells["chol"].isna().all()
    assert not read(f"{address}/plain", "chol", field=[field]).cells["chol"].isna().all()


def test_certificates_are_checked(export: Path, tmp_path: Path) -> None:
    authority, port = create_authority("Test"), free_port()
    create_server_identity(authority, "127.0.0.1").save(tmp_path / "crt", tmp_path / "key")
    (tmp_path / "ca.pem").write_text(authority.certificate_pem)
    server = f"https://127.0.0.1:{port}/plain"
    certificate = [str(tmp_path / "crt"), str(tmp_path / "key")]
    with started(export, port, tmp_path / "log", *certificate):
        assert read(server, folder=tmp_path, ca_file="ca.pem").rows_read == PATIENTS
        assert "source.ca_file" in failure(server)
        assert "no certificates" in failure(server, SettingsError, folder=tmp_path, ca_file="key")
