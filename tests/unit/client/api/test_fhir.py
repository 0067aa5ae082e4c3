"""FHIR in and out: a Bundle asks, a RiskAssessment answers, and a server gets it in the end."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import tomli_w
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from client.api.fhir.write_backs import Patience, WriteBacks
from client.audit import AuditQuery
from client.serving.services import NodeServices
from shared.errors import ConnectionRefusedByPeerError
from tests.unit.client.api.conftest import Api
from tests.unit.client.sources.fhir.small_export import (
    HPO,
    ICD10,
    LOINC,
    SENTINEL,
    condition,
    observation,
    patient,
    quantity,
)

MAPPING: dict[str, Any] = {
    "source": {
        "kind": "fhir",
        "path": "export",
        "field": [
            {"name": "rr", "resource": "Observation", "code": "loinc|8480-6"},
            {
                "name": "fev",
                "resource": "Condition",
                "code": f"{ICD10}|R50*",
                "otherwise": "false",
            },
            {"name": "hpo", "resource": "Condition", "code": f"{HPO}|*", "value": "terms"},
            {"name": "dx", "resource": "Condition", "code": f"{ICD10}|I*", "value": "code"},
        ],
    },
    "rows": {"patient": "patient"},
    "label": {"column": "dx", "codes": {"I10": "disease"}},
    "column": [
        {"column": "age", "feature": "age", "unit_column": "age_unit"},
        {"column": "rr", "feature": "pressure", "unit_column": "rr_unit"},
        {"column": "fev", "feature": "fever", "true": ["true"], "false": ["false"]},
        {"column": "hpo", "feature": "phenotypes", "separator": ";"},
    ],
}


def bundle(*resources: dict[str, Any]) -> dict[str, Any]:
    entries = [{"resource": each} for each in resources]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


BUNDLE = bundle(
    patient("4711", birthDate="1960-05-01", gender="female"),
    observation("4711", f"{LOINC}|8480-6", "2024-06-01", **quantity(150, "mm[Hg]")),
    condition("4711", f"{HPO}|HP:0001250", recordedDate="2024-01-01"),
    condition("4711", f"{ICD10}|R50.9", recordedDate="2024-01-01"),
)
FHIR = {"content-type": "application/fhir+json"}


@pytest.fixture
def fhir_home(home: Path) -> Path:
    (home / "fhir.toml").write_text(tomli_w.dumps(MAPPING))
    return home


def ask(api: Api, content: dict[str, Any]) -> Any:  # noqa: ANN401
    return api.call("POST", "/fhir/$predict", content=json.dumps(content), headers=FHIR)


@pytest.fixture
def fhir_api(fhir_home: Path, open_api: Any) -> Api:  # noqa: ANN401
    api: Api = open_api(fhir={"mapping": "fhir.toml"})
    return api


def test_a_bundle_is_answered_with_a_risk_assessment(fhir_api: Api) -> None:
    response = ask(fhir_api, BUNDLE)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/fhir+json"
    found = response.json()
    assert found["resourceType"] == "RiskAssessment"
    assert found["subject"] == {"reference": "Patient/4711"}
    percent = [each["probabilityDecimal"] for each in found["prediction"]]
    assert sum(percent) == pytest.approx(100, abs=0.01)
    written = fhir_api.services.audit.get(found["id"])
    assert written is not None
    assert written.input == {
        "age": pytest.approx(64, abs=0.1),
        "pressure": 150.0,
        "pain": None,
        "fever": 1.0,
        "phenotypes": ["HP:0001250"],
        "note": None,
    }
    assert written.patient == fhir_api.services.audit.pseudonym("4711")


def test_the_same_case_gets_the_same_answer_by_json(fhir_api: Api) -> None:
    found = ask(fhir_api, BUNDLE).json()
    written = fhir_api.services.audit.get(found["id"])
    assert written is not None
    assert written.input is not None
    case = {**written.input, "fever": True}
    plain = fhir_api.predict(case).json()
    assert [round(100 * each["probability"], 4) for each in plain["ranked"]] == [
        each["probabilityDecimal"] for each in found["prediction"]
    ]


def test_what_did_not_come_is_unknown_and_not_absent(fhir_api: Api) -> None:
    found = ask(fhir_api, bundle(patient("4711"))).json()
    written = fhir_api.services.audit.get(found["id"])
    assert written is not None
    assert written.input is not None
    assert written.input["fever"] is None
    other = bundle(patient("4711"), condition("4711", f"{ICD10}|I10"))
    written = fhir_api.services.audit.get(ask(fhir_api, other).json()["id"])
    assert written is not None
    assert written.input is not None
    assert written.input["fever"] == 0.0


def test_problems_name_the_feature(fhir_api: Api) -> None:
    wrong = bundle(
        patient("4711"),
        observation("4711", f"{LOINC}|8480-6", "2024-06-01", **quantity(900, "mm[Hg]")),
        condition("4711", f"{HPO}|HP:9999999"),
    )
    response = ask(fhir_api, wrong)
    assert response.status_code == 422
    assert {each["field"] for each in response.json()["errors"]} == {"pressure", "phenotypes"}
    assert fhir_api.services.audit.find(AuditQuery()) == []


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"<Bundle/>",
        b"null",
        b'{"resourceType": "Bundle", "entry": {}}',
        b'{"resourceType": "Bundle"}',
        b'{"resourceType": "Patient", "id": 7}',
        json.dumps(bundle(patient("1"), patient("2"))).encode(),
        json.dumps(bundle({"resourceType": "Patient", "id": "1", "birthDate": SENTINEL})).encode(),
        b'{"resourceType": "Bundle", "entry": [{"resource": ' + b"[" * 5000 + b"}]}",
        b"\xff\xfe",
    ],
)
def test_what_is_no_patient_is_a_problem(fhir_api: Api, content: bytes) -> None:
    response = fhir_api.call("POST", "/fhir/$predict", content=content, headers=FHIR)
    assert response.status_code == 422, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert SENTINEL not in response.text


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=4,
)


def places(content: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401
    """Yield the path of every value."""
    inner = content.items() if isinstance(content, dict) else enumerate(content)
    for key, value in inner:
        yield (*path, key)
        if isinstance(value, dict | list):
            yield from places(value, (*path, key))


@given(place=st.sampled_from(list(places(BUNDLE))), value=JSON)
@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_no_value_anywhere_makes_it_fail(
    fhir_api: Api,
    place: tuple[Any, ...],
    value: Any,  # noqa: ANN401
) -> None:
    changed = json.loads(json.dumps(BUNDLE))
    *above, last = place
    inner = changed
    for key in above:
        inner = inner[key]
    inner[last] = value
    assert ask(fhir_api, changed).status_code in (200, 422)


def test_a_node_without_fhir_says_so(api: Api) -> None:
    assert ask(api, BUNDLE).status_code == 404
    assert api.call("GET", "/cds-services", None).json() == {"services": []}


def hook(**changes: Any) -> dict[str, Any]:  # noqa: ANN401
    resources = [each["resource"] for each in BUNDLE["entry"]]
    return {
        "hook": "patient-view",
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "context": {"userId": "Practitioner/1", "patientId": "4711"},
        "prefetch": {
            "patient": resources[0],
            "observation": bundle(resources[1]),
            "condition": bundle(*resources[2:]),
            "encounter": None,
        },
        **changes,
    }


def test_cards_appear_in_the_record_system(fhir_api: Api) -> None:
    (service,) = fhir_api.call("GET", "/cds-services", None).json()["services"]
    assert service["hook"] == "patient-view"
    assert set(service["prefetch"]) == {"patient", "observation", "condition", "encounter"}
    response = fhir_api.call("POST", f"/cds-services/{service['id']}", json=hook())
    assert response.status_code == 200, response.text
    (card,) = response.json()["cards"]
    assert card["indicator"] == "info"
    assert 0 < len(card["summary"]) <= 140
    assert "| Disease |" in card["detail"]
    written = fhir_api.services.audit.get(card["uuid"])
    assert written is not None
    assert written.output is not None
    assert written.output["ranked"][0]["name"] in card["detail"]


def test_an_empty_search_says_that_there_is_none(fhir_api: Api) -> None:
    path = "/cds-services/juntos-differential"
    fetched = {"patient": hook()["prefetch"]["patient"], "condition": bundle()}
    (card,) = fhir_api.call("POST", path, json=hook(prefetch=fetched)).json()["cards"]
    written = fhir_api.services.audit.get(card["uuid"])
    assert written is not None
    assert written.input is not None
    assert written.input["fever"] == 0.0


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"prefetch": {}}, 412),
        ({"hook": "order-sign"}, 422),
        ({"context": {"patientId": "4712"}}, 422),
        ({"context": {}}, 422),
        ({"prefetch": {"patient": 7}}, 422),
    ],
)
def test_wrong_hooks_are_refused(fhir_api: Api, changes: dict[str, Any], status: int) -> None:
    path = "/cds-services/juntos-differential"
    response = fhir_api.call("POST", path, json=hook(**changes))
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"


def test_hooks_want_a_key_unless_they_are_open(fhir_home: Path, open_api: Any) -> None:  # noqa: ANN401
    path = "/cds-services/juntos-differential"
    closed = open_api(fhir={"mapping": "fhir.toml"})
    assert closed.call("POST", path, None, json=hook()).status_code == 401
    opened = open_api(fhir={"mapping": "fhir.toml"}, cds_hooks={"open": True})
    (card,) = opened.call("POST", path, None, json=hook()).json()["cards"]
    written = opened.services.audit.get(card["uuid"])
    assert written is not None
    assert written.caller == "cds-hooks"


def test_open_hooks_have_a_limit_and_health_has_none(
    fhir_home: Path,
    open_api: Any,  # noqa: ANN401
) -> None:
    limit = {"per_second": 0.01, "burst": 2}
    api = open_api(fhir={"mapping": "fhir.toml"}, cds_hooks={"open": True}, rate=limit)
    path = "/cds-services/juntos-differential"
    assert [api.call("POST", path, None, json=hook()).status_code for _ in range(3)] == [
        200,
        200,
        429,
    ]
    assert {api.call("GET", "/healthz", None).status_code for _ in range(9)} == {200}


def test_only_named_origins_and_only_hooks_cross(fhir_home: Path, open_api: Any) -> None:  # noqa: ANN401
    api = open_api(cds_hooks={"origins": ["https://ehr.example.org"]})

    def asked(path: str, origin: str) -> str | None:
        headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        found = api.call("OPTIONS", path, None, headers=headers).headers
        allowed: str | None = found.get("access-control-allow-origin")
        return allowed

    path = "/cds-services/juntos-differential"
    assert asked(path, "https://ehr.example.org") == "https://ehr.example.org"
    assert asked(path, "https://other.example.org") is None
    assert asked("/v1/predictions", "https://ehr.example.org") is None


class Recorder:
    """A FHIR server that is down as often as the test wants."""

    def __init__(self, refusals: int) -> None:
        self.refusals = refusals
        self.taken: list[str] = []

    def put(self, prediction: str, resource: Any) -> None:  # noqa: ANN401
        if self.refusals:
            self.refusals -= 1
            raise ConnectionRefusedByPeerError("The server is down.")
        self.taken.append(resource["id"])


def queue(services: NodeServices, server: Recorder, keep: timedelta) -> WriteBacks:
    patience = Patience(timedelta(0), keep)
    return WriteBacks(services.audit.engine, services.audit.vault, server, patience)


def test_what_a_server_refuses_is_tried_again_and_once_taken_gone(services: NodeServices) -> None:
    server = Recorder(refusals=2)
    waiting = queue(services, server, timedelta(1))
    waiting.add("one", "", {"id": "one", "secret": SENTINEL})
    assert [waiting.send_due() for _ in range(4)] == [0, 0, 1, 0]
    assert server.taken == ["one"]
    assert waiting.waiting() == 0


def test_the_queue_survives_its_process_and_is_encrypted(services: NodeServices) -> None:
    queue(services, Recorder(9), timedelta(1)).add("one", "", {"id": "one", "secret": SENTINEL})
    with services.audit.engine.connect() as connection:
        rows = connection.execute(text("select * from api_write_backs")).all()
    assert SENTINEL not in str(rows)
    server = Recorder(0)
    assert queue(services, server, timedelta(1)).send_due() == 1
    assert server.taken == ["one"]


def test_it_is_given_up_in_the_end(services: NodeServices) -> None:
    waiting = queue(services, Recorder(9), timedelta(0))
    waiting.add("one", "", {"id": "one"})
    waiting.send_due()
    assert waiting.waiting() == 0


@pytest.fixture
def fhir_server() -> Iterator[tuple[str, list[Any]]]:
    taken: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            taken.append((self.path, self.headers["if-none-exist"], json.loads(body)))
            self.send_response(201)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/fhir", taken
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_configured_server_gets_the_answer(
    fhir_home: Path,
    open_api: Any,  # noqa: ANN401
    fhir_server: tuple[str, list[Any]],
) -> None:
    address, taken = fhir_server
    api = open_api(fhir={"mapping": "fhir.toml", "write_back": {"server": address}})
    answered = ask(api, BUNDLE).json()
    wait = threading.Event()
    for _ in range(200):
        if taken:
            break
        wait.wait(0.05)
    ((path, condition_of_create, resource),) = taken
    assert path == "/fhir/RiskAssessment"
    assert answered["id"] in condition_of_create
    assert resource == {key: value for key, value in answered.items() if key != "id"}


def test_a_server_that_is_down_blocks_no_answer(
    fhir_home: Path,
    open_api: Any,  # noqa: ANN401
    services: NodeServices,
) -> None:
    api = open_api(fhir={"mapping": "fhir.toml", "write_back": {"server": "http://127.0.0.1:1"}})
    assert ask(api, BUNDLE).status_code == 200
    assert queue(services, Recorder(0), timedelta(1)).waiting() == 1
