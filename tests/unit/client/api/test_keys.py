"""Who may ask, how much, and what is kept of a key."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from client.api.keys.key_book import KeyBook
from client.api.keys.known_keys import FRESH_SECONDS
from client.api.keys.rate_limits import RateLimits
from client.cli import app
from client.serving.services import NodeServices
from shared.errors import SettingsError
from tests.unit.client.api.conftest import CASE, Api

GUARDED = [
    ("POST", "/v1/predictions", "predict"),
    ("POST", "/v1/predictions/batch", "predict"),
    ("GET", "/v1/predictions", "audit"),
    ("GET", "/v1/predictions/some-id", "audit"),
    ("POST", "/v1/confirmations", "confirm"),
    ("GET", "/v1/models", "admin"),
    ("POST", "/v1/models/rollback", "admin"),
]


@pytest.mark.parametrize(("method", "path", "role"), GUARDED)
def test_addresses_want_a_key_with_their_role(api: Api, method: str, path: str, role: str) -> None:
    body = {"json": {"case": CASE}} if method == "POST" else {}
    none = api.call(method, path, None, **body)
    assert none.status_code == 401
    assert none.headers["www-authenticate"].startswith("Bearer")
    assert none.headers["content-type"] == "application/problem+json"
    unknown = api.call(method, path, None, headers={"Authorization": "Bearer juntos_x"}, **body)
    assert unknown.status_code == 401
    for other in {"predict", "confirm", "audit", "admin"} - {role}:
        refused = api.call(method, path, other, **body)
        if refused.status_code != 422:
            assert refused.status_code == 403, other
            assert role in refused.json()["detail"]
    assert api.call(method, path, role, **body).status_code not in (401, 403)


def test_a_revoked_key_opens_nothing_soon(
    services: NodeServices, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    import time

    assert api.predict().status_code == 200
    KeyBook(services.audit.engine).revoke("predict-system")
    now = time.monotonic()
    monkeypatch.setattr("client.api.keys.known_keys.time.monotonic", lambda: now + FRESH_SECONDS)
    assert api.predict().status_code == 401


def test_only_hashes_are_kept(services: NodeServices, home: Path) -> None:
    book = KeyBook(services.audit.engine)
    token = book.add("ward-7", ["predict", "audit"])
    assert len(token) > 43
    (key,) = book.all()
    assert key.roles == ("predict", "audit")
    with services.audit.engine.connect() as connection:
        rows = connection.execute(text("select * from api_keys")).all()
    assert token not in str(rows)
    assert token.encode() not in (home / "ledger.db").read_bytes()


@pytest.mark.parametrize(
    ("name", "roles"),
    [("", ["predict"]), ("a b", ["predict"]), ("ward", []), ("ward", ["doctor"])],
)
def test_wrong_keys_are_refused(services: NodeServices, name: str, roles: Any) -> None:  # noqa: ANN401
    with pytest.raises(SettingsError):
        KeyBook(services.audit.engine).add(name, roles)


def test_a_name_is_used_once(services: NodeServices) -> None:
    book = KeyBook(services.audit.engine)
    book.add("ward", ["predict"])
    book.revoke("ward")
    with pytest.raises(SettingsError, match="another name"):
        book.add("ward", ["predict"])
    with pytest.raises(SettingsError, match="No key"):
        book.revoke("ward")


def test_keys_by_the_command_line(home: Path) -> None:
    run = CliRunner()
    made = run.invoke(app, ["key", "add", "ehr", "--role", "predict", "--home", str(home)])
    assert made.exit_code == 0, made.output
    token = made.stdout.strip().splitlines()[0]
    assert token.startswith("juntos_")
    listed = run.invoke(app, ["key", "list", "--home", str(home)])
    assert "ehr" in listed.stdout
    assert token not in listed.stdout
    assert run.invoke(app, ["key", "revoke", "ehr", "--home", str(home)]).exit_code == 0
    left = run.invoke(app, ["key", "list", "--json", "--home", str(home)])
    assert json.loads(left.stdout) == []
    everything = run.invoke(app, ["key", "list", "--all", "--json", "--home", str(home)])
    assert json.loads(everything.stdout)[0]["revoked"]


def test_a_bucket_fills_steadily() -> None:
    now = [0.0]
    limits = RateLimits(2.0, 3, lambda: now[0])
    assert [limits.take("a") for _ in range(3)] == [0, 0, 0]
    assert limits.take("a") == pytest.approx(0.5)
    assert limits.take("b") == 0
    now[0] = 0.5
    assert limits.take("a") == 0
    assert limits.take("a") > 0
    now[0] = 1000.0
    assert [limits.take("a") for _ in range(3)] == [0, 0, 0]
    assert limits.take("a") > 0


def test_a_key_that_asks_too_much_is_told_when(open_api: Any) -> None:  # noqa: ANN401
    api = open_api(rate={"per_second": 0.01, "burst": 2})
    assert [api.predict().status_code for _ in range(3)] == [200, 200, 429]
    refused = api.predict()
    assert 0 < int(refused.headers["retry-after"]) <= 100
    assert refused.headers["content-type"] == "application/problem+json"
    assert api.call("GET", "/v1/model", "audit").status_code == 200
