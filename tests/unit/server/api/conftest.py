"""The sample federation, and programs that ask its API."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient

from server.accounts.services import Accounts, open_accounts
from server.dashboard.application import create_dashboard
from server.home import CoordinatorHome, open_home
from tests.dashboard_server import add_accounts
from tests.sample_federation import write_federation

# Tests are faster than programs may be.
UNHURRIED = "\n[api]\nper_second = 1e6\nburst = 1000000\n"
ACCOUNTS = {"viewer": "vera.costa", "coordinator": "ines.prado", "administrator": "ada.lopez"}


@dataclass
class Api:
    """The application, and a caller for each role."""

    home: CoordinatorHome
    accounts: Accounts
    tokens: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for role, name in ACCOUNTS.items():
            account = self.accounts.store.get(name)
            self.tokens[role] = self.accounts.api_tokens.add(f"{role}-program", account, role, 1)
        self.client = TestClient(create_dashboard(self.home), raise_server_exceptions=False)
        # The framework puts each part together when it is first asked, which is no work for several
        # threads at once; a server has one for all of them. Here, all parts are asked.
        self.call("GET", "/v1/nothing")

    def call(
        self,
        method: str,
        path: str,
        role: str | None = "viewer",
        **options: Any,  # noqa: ANN401
    ) -> httpx.Response:
        headers = dict(options.pop("headers", {}))
        if role is not None:
            headers["Authorization"] = f"Bearer {self.tokens[role]}"
        response: httpx.Response = self.client.request(method, path, headers=headers, **options)
        return response

    def get(self, path: str, role: str | None = "viewer") -> Any:  # noqa: ANN401
        """Return what an address answers."""
        response = self.call("GET", path, role)
        assert response.status_code == 200, response.text
        return response.json()

    def post(self, path: str, caller: str = "coordinator", /, **body: Any) -> httpx.Response:  # noqa: ANN401
        return self.call("POST", path, caller, json=body)


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> CoordinatorHome:
    """A federation that tests copy."""
    home = write_federation(tmp_path_factory.mktemp("sample") / "home")
    add_accounts(home)
    with (home.path / "coordinator.toml").open("a") as settings:
        settings.write(UNHURRIED)
    return home


@pytest.fixture
def home(sample: CoordinatorHome, tmp_path: Path) -> CoordinatorHome:
    """A copy that a test may change."""
    shutil.copytree(sample.path, tmp_path / "home")
    return open_home(tmp_path / "home")


@pytest.fixture
def api(home: CoordinatorHome) -> Api:
    return Api(home, open_accounts(home))


Opened = Callable[[], Api]
