"""A node's folder with a model in service, and callers of its API."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import tomli_w
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from fastapi.testclient import TestClient

from client.api.application import create_api
from client.api.frame import Exchange
from client.api.keys.key_book import KeyBook, Role
from client.api.settings import ApiSettings
from client.serving.services import NodeServices, open_services
from client.serving.settings import ServingSettings
from shared.contract import Contract
from tests.unit.client.serving.bundles import CONTRACT, write_signed
from tests.unit.client.serving.conftest import SIGNING_KEY, bundle_of
from tests.unit.client.small_hospital import MAPPING

CASE: dict[str, Any] = {
    "age": 61,
    "pressure": {"value": 18.5, "unit": "kPa"},
    "pain": "typical",
    "fever": True,
    "phenotypes": ["HP:0001250", "HP:0001166"],
}
# Machines that run tests are busy; how fast a model is must not decide about them.
SERVING = ServingSettings(latency_limit=60)
RATE = {"per_second": 1e6, "burst": 1_000_000}


def write_home(folder: Path, contract: Contract = CONTRACT) -> Path:
    """Write the folder of a node that joined."""
    (folder / "keys").mkdir(parents=True, mode=0o700)
    plain = contract.model_dump(mode="json", exclude_none=True)
    (folder / "contract.toml").write_text(tomli_w.dumps(plain))
    node = {
        "hospital": "lyon",
        "federation": "Test",
        "coordinator": "127.0.0.1:1",
        "contract_hash": contract.hash,
    }
    (folder / "node.toml").write_text(tomli_w.dumps(node))
    (folder / "mapping.toml").write_text(tomli_w.dumps(MAPPING))
    (folder / "serving.toml").write_text(tomli_w.dumps({"latency_limit": 60.0}))
    public = SIGNING_KEY.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    (folder / "coordinator.pub").write_bytes(public)
    return folder


@pytest.fixture(scope="session")
def filled_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model installed; tests copy it."""
    base = tmp_path_factory.mktemp("api")
    home = write_home(base / "node")
    write_signed(bundle_of("boosted_trees"), base / "bundle", SIGNING_KEY)
    services = open_services(home)
    services.store.install(base / "bundle")
    services.close()
    return home


@pytest.fixture
def home(filled_home: Path, tmp_path: Path) -> Path:
    shutil.copytree(filled_home, tmp_path / "node")
    return tmp_path / "node"


@pytest.fixture
def services(home: Path) -> Iterator[NodeServices]:
    opened = open_services(home)
    yield opened
    opened.close()


@dataclass
class Api:
    """The application, and a caller for each role."""

    services: NodeServices
    client: TestClient
    keys: dict[str, str]
    exchanges: list[Exchange] = field(default_factory=list)

    def call(
        self,
        method: str,
        path: str,
        role: str | None = "predict",
        **options: Any,  # noqa: ANN401
    ) -> httpx.Response:
        headers = dict(options.pop("headers", {}))
        if role is not None:
            headers["Authorization"] = f"Bearer {self.keys[role]}"
        response: httpx.Response = self.client.request(method, path, headers=headers, **options)
        return response

    def predict(self, case: Any = CASE, **options: Any) -> httpx.Response:  # noqa: ANN401
        headers = options.pop("headers", {})
        body = {"case": case, **options}
        return self.call("POST", "/v1/predictions", json=body, headers=headers)


OpenApi = Callable[..., Api]


@pytest.fixture
def open_api(services: NodeServices) -> Iterator[OpenApi]:
    """Opens the application with settings of ``api.toml``."""
    with ExitStack() as opened:

        def open_with(**settings: Any) -> Api:  # noqa: ANN401
            return opened.enter_context(api_of(services, **settings))

        yield open_with


@contextmanager
def api_of(services: NodeServices, **settings: Any) -> Iterator[Api]:  # noqa: ANN401
    """Open the application of a node that a test opened itself."""
    exchanges: list[Exchange] = []
    chosen = ApiSettings.model_validate({"rate": RATE, **settings})
    application = create_api(services, settings=chosen, observers=[exchanges.append])
    with TestClient(application, raise_server_exceptions=False) as client:
        yield Api(services, client, keys_of(services), exchanges)


def keys_of(services: NodeServices) -> dict[str, str]:
    """Make a key for each role, once."""
    book, path = KeyBook(services.audit.engine), services.home.path / "keys.json"
    if not path.exists():
        roles: tuple[Role, ...] = ("predict", "confirm", "audit", "admin")
        path.write_text(json.dumps({role: book.add(f"{role}-system", [role]) for role in roles}))
    found: dict[str, str] = json.loads(path.read_text())
    return found


@pytest.fixture
def api(open_api: OpenApi) -> Api:
    return open_api()
