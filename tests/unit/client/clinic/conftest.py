"""The clinic's pages of a node with a model in service, behind a browser without a window."""

from __future__ import annotations

import html
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from fastapi.testclient import TestClient

from client.clinic.serving import create_clinic, people_of
from client.serving.services import NodeServices, open_services
from tests.unit.client.api.conftest import write_home
from tests.unit.client.serving.bundles import write_signed
from tests.unit.client.serving.conftest import SIGNING_KEY, bundle_of

BASE = "http://127.0.0.1:8000"
READER = "Dr. Ana Ruiz"
# A case as the form sends it.
FORM: dict[str, str | list[str]] = {
    "patient": "10",
    "v.age": "61",
    "v.pressure": "18.5",
    "u.pressure": "kPa",
    "v.pain": "typical",
    "v.fever": "yes",
    "t.phenotypes": ["HP:0001250", "HP:0001166"],
}


@dataclass
class Clinic:
    """The pages, and somebody who signed in to them."""

    services: NodeServices
    client: TestClient
    token: str

    def get(self, path: str = "") -> httpx.Response:
        found: httpx.Response = self.client.get(f"/clinic{path}")
        return found

    def post(self, path: str = "", /, **fields: str | list[str]) -> httpx.Response:
        found: httpx.Response = self.client.post(
            f"/clinic{path}", data={"form_token": self.token, **fields}
        )
        return found

    def ask(self, **fields: str | list[str]) -> str:
        """Ask about a case; return the id of the answer."""
        answer = self.post(**{**FORM, **fields})
        assert answer.status_code == 200, text_of(answer)
        return str(answer.url).rsplit("/", 1)[-1]


def text_of(answer: httpx.Response) -> str:
    """Return what a reader sees of a page's content, with single spaces."""
    content = answer.text[answer.text.index("<main") : answer.text.index("</main")]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", content)).split())


@pytest.fixture(scope="session")
def clinic_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model installed; tests copy it."""
    base = tmp_path_factory.mktemp("clinic")
    home = write_home(base / "node")
    write_signed(bundle_of("boosted_trees"), base / "bundle", SIGNING_KEY)
    services = open_services(home)
    services.store.install(base / "bundle")
    services.close()
    return home


@pytest.fixture
def clinic(clinic_home: Path, tmp_path: Path) -> Iterator[Clinic]:
    shutil.copytree(clinic_home, tmp_path / "node")
    yield from opened(tmp_path / "node")


@pytest.fixture
def clinic_without_model(tmp_path: Path) -> Iterator[Clinic]:
    yield from opened(write_home(tmp_path / "node"))


def opened(home: Path) -> Iterator[Clinic]:
    services = open_services(home)
    client = TestClient(create_clinic(services), base_url=BASE, raise_server_exceptions=False)
    with client:
        token = people_of(services.home).invite(READER, timedelta(hours=1))
        page = client.post("/sign-in", data={"token": token})
        found = re.search(r'name="form_token" value="(\w+)"', page.text)
        assert found
        yield Clinic(services, client, found[1])
    services.close()
