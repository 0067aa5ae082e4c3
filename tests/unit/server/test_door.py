from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from fastapi.testclient import TestClient
from flwr.supercore.primitives.asymmetric import public_key_to_bytes, sign_message

from client.joining import NodeKey
from server import door as door_module
from server.door import create_door
from server.enrolment import admission
from server.enrolment.hospitals import enrol
from server.fleet_authentication import Members
from server.fleet_forwarding import MAXIMUM_STRANGER_BODY
from server.home import CoordinatorHome
from shared.enrolment import read_kit


class SuperLink:
    """Stands behind the door and writes down what reaches it."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self.error: Exception | None = None

    async def answer(self, request: httpx.Request) -> httpx.Response:
        if self.error is not None:
            raise self.error
        await request.aread()
        self.requests.append(request)
        headers = {"content-type": "application/protobuf", "keep-alive": "timeout=5"}
        return httpx.Response(203, headers=headers, content=self.body())

    async def body(self) -> AsyncIterator[bytes]:
        yield b"two "
        yield b"pieces"


@pytest.fixture
def superlink() -> SuperLink:
    return SuperLink()


@pytest.fixture
def visitor(
    home: CoordinatorHome, superlink: SuperLink, monkeypatch: pytest.MonkeyPatch
) -> Iterator[TestClient]:
    def create_client(address: str, _certificate: str) -> httpx.AsyncClient:
        transport = httpx.MockTransport(superlink.answer)
        return httpx.AsyncClient(base_url=f"https://{address}", transport=transport)

    def register(*_: object) -> dict[str, Any]:
        return {"node-id": 17}

    monkeypatch.setattr(door_module, "create_client", create_client)
    monkeypatch.setattr(admission, "flower_command", register)
    door = create_door(home, "127.0.0.1:1")
    with TestClient(door, raise_server_exceptions=False) as client:
        yield client


def joined(visitor: TestClient, home: CoordinatorHome) -> NodeKey:
    key = NodeKey.create()
    token = read_kit(enrol(home, "lyon")).token
    body = {"token": token, "csr_pem": key.signing_request("lyon")}
    assert visitor.post("/v1/join", json=body).status_code == 200
    return key


def signed_headers(key: NodeKey, **shift: float) -> dict[str, str]:
    timestamp = (datetime.now(UTC) + timedelta(**shift)).isoformat()
    return {
        "flwr-public-key": b64encode(public_key_to_bytes(key.key.public_key())).decode(),
        "flwr-signature": b64encode(sign_message(key.key, timestamp.encode())).decode(),
        "flwr-timestamp": timestamp,
    }


def test_a_hospital_joins(visitor: TestClient, home: CoordinatorHome) -> None:
    token = read_kit(enrol(home, "lyon")).token
    body = {"token": token, "csr_pem": NodeKey.create().signing_request("lyon")}
    answer = visitor.post("/v1/join", json=body)
    assert answer.status_code == 200
    assert answer.json()["hospital"] == "lyon"
    assert answer.json()["contract_toml"] == home.contract_file.read_text()
    refused = visitor.post("/v1/join", json=body)
    assert refused.status_code == 403
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["detail"].startswith("This kit was used already")


def test_a_problem_says_what_and_how_to_mend_it(visitor: TestClient) -> None:
    body = {"token": "x" * 43, "csr_pem": NodeKey.create().signing_request("lyon")}
    assert visitor.post("/v1/join", json=body).json() == {
        "type": "about:blank",
        "title": "Forbidden",
        "status": 403,
        "detail": "The kit's token is not known here.",
        "fix": "Ask the coordinator for a new kit.",
    }


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"token": 1}', b"\xff"])
def test_what_is_no_request_to_join_is_refused(visitor: TestClient, body: bytes) -> None:
    answer = visitor.post("/v1/join", content=body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_large_request_to_join_is_refused(visitor: TestClient) -> None:
    assert visitor.post("/v1/join", content=b" " * 65_537).status_code == 413


def test_the_status_names_the_contract_and_the_time(
    visitor: TestClient, home: CoordinatorHome
) -> None:
    status = visitor.get("/v1/status").json()
    assert (status["federation"], status["contract_hash"]) == ("Test", home.contract().hash)
    assert abs(datetime.now(UTC) - datetime.fromisoformat(status["time"])) < timedelta(seconds=5)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/docs",
        "/openapi.json",
        "/v1/control/start-run",
        "/v1/control/list-runs",
        "/v1/runtime/acquire-task",
        "/v1/fleet",
        "/v1/fleet/",
        "/v1/fleet/register-node",
        "/v1/fleet/unregister-node",
        "/v1/fleet/..%2fcontrol%2fstart-run",
        "/v1/fleet/%2e%2e/control/start-run",
        "/v1/fleet/../control/start-run",
        "//v1/control/start-run",
        "/v1/fleet/pull-messages/../../control/start-run",
        "/v1/fleet/pull-messages%2f..%2f..%2fcontrol%2fstart-run",
        "/v1/fleet/pull-messages%3f",
    ],
)
def test_nothing_but_fleet_calls_passes(
    visitor: TestClient, superlink: SuperLink, path: str
) -> None:
    answer = visitor.post(path, content=b"x")
    assert answer.status_code in {404, 405}
    assert answer.headers["content-type"] == "application/problem+json"
    assert superlink.requests == []


def test_a_fleet_call_passes_unchanged(visitor: TestClient, superlink: SuperLink) -> None:
    headers = {"x-flower": "kept", "te": "trailers", "content-type": "application/protobuf"}
    answer = visitor.post("/v1/fleet/pull-messages", content=b"\x00\xff", headers=headers)
    assert (answer.status_code, answer.content) == (203, b"two pieces")
    assert answer.headers["content-type"] == "application/protobuf"
    assert "keep-alive" not in answer.headers
    passed = superlink.requests[0]
    assert passed.url == "https://127.0.0.1:1/v1/fleet/pull-messages"
    assert passed.content == b"\x00\xff"
    assert passed.headers["x-flower"] == "kept"
    assert passed.headers["host"] == "127.0.0.1:1"
    assert "te" not in passed.headers


def test_a_query_string_does_not_pass(visitor: TestClient, superlink: SuperLink) -> None:
    visitor.post("/v1/fleet/pull-messages?a=b", content=b"")
    assert superlink.requests[0].url.query == b""


@pytest.mark.parametrize(
    ("error", "status"), [(httpx.ConnectError(""), 502), (httpx.ReadTimeout(""), 504)]
)
def test_a_superlink_that_is_away_is_a_reason_to_try_again(
    visitor: TestClient, superlink: SuperLink, error: Exception, status: int
) -> None:
    superlink.error = error
    answer = visitor.post("/v1/fleet/pull-messages", content=b"")
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_only_members_may_send_much(
    visitor: TestClient, superlink: SuperLink, home: CoordinatorHome
) -> None:
    much = b"x" * (MAXIMUM_STRANGER_BODY + 1)
    member = signed_headers(joined(visitor, home))
    stranger = signed_headers(NodeKey.create())
    call = "/v1/fleet/push-object"
    assert visitor.post(call, content=much).status_code == 413
    assert visitor.post(call, content=much, headers=stranger).status_code == 413
    assert superlink.requests == []
    assert visitor.post(call, content=much, headers=member).status_code == 203
    assert superlink.requests[0].content == much


def test_a_signature_counts_only_while_it_is_fresh(
    visitor: TestClient, home: CoordinatorHome
) -> None:
    key, members = joined(visitor, home), Members(home.engine())
    assert members.signed(signed_headers(key))
    assert members.signed(signed_headers(key, minutes=-4))
    assert not members.signed(signed_headers(key, minutes=-6))
    assert not members.signed(signed_headers(key, seconds=10))


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("flwr-signature", "AAAA"),
        ("flwr-signature", "not base 64"),
        ("flwr-public-key", "AAAA"),
        ("flwr-timestamp", "today"),
        ("flwr-timestamp", "2026-01-01T00:00:00"),
    ],
)
def test_a_changed_header_is_no_signature(
    visitor: TestClient, home: CoordinatorHome, header: str, value: str
) -> None:
    headers = signed_headers(joined(visitor, home))
    assert not Members(home.engine()).signed({**headers, header: value})
    assert not Members(home.engine()).signed({})


def test_a_private_key_is_in_no_answer(visitor: TestClient, home: CoordinatorHome) -> None:
    token = read_kit(enrol(home, "lyon")).token
    body = {"token": token, "csr_pem": NodeKey.create().signing_request("lyon")}
    text = json.dumps(visitor.post("/v1/join", json=body).json())
    secret = home.authority().key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    assert "PRIVATE" not in text
    assert secret.decode().splitlines()[1] not in text
