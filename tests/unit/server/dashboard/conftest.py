"""The sample federation, and its dashboard behind a browser without a window."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from server.accounts.guard import SESSION_COOKIE
from server.accounts.services import open_accounts
from server.dashboard.application import create_dashboard
from server.dashboard.frame import PACKAGES
from server.dashboard.wording import Wording
from server.home import CoordinatorHome, open_home
from shared.web.security import form_token
from shared.web.words import Words
from tests.dashboard_server import add_accounts
from tests.sample_federation import write_federation


class Visitor(TestClient):
    """Somebody who is signed in."""

    def __init__(self, home: CoordinatorHome, name: str) -> None:
        super().__init__(
            create_dashboard(home),
            base_url="http://127.0.0.1:8470",
            follow_redirects=False,
            raise_server_exceptions=False,
        )
        self.session = open_accounts(home).tokens.session(name) if name else ""
        if name:
            self.cookies.set(SESSION_COOKIE, self.session)

    def fill(self, path: str, **fields: str) -> int:
        """Send a form as a page of this session would; return the status."""
        data = {"form_token": form_token(self.session), **fields}
        status: int = self.post(path, data=data).status_code
        return status


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> CoordinatorHome:
    """A federation that tests only read."""
    home = write_federation(tmp_path_factory.mktemp("sample") / "home")
    add_accounts(home)
    return home


@pytest.fixture
def home(sample: CoordinatorHome, tmp_path: Path) -> CoordinatorHome:
    """A copy that a test may change."""
    shutil.copytree(sample.path, tmp_path / "home")
    return open_home(tmp_path / "home")


@pytest.fixture
def visitor(home: CoordinatorHome) -> Callable[[str], Visitor]:
    return lambda name: Visitor(home, name)


@pytest.fixture(params=["en", "es"])
def wording(request: pytest.FixtureRequest) -> Wording:
    return Wording(Words(request.param, PACKAGES))
