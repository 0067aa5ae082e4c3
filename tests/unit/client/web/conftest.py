"""The application with a page of its own, behind a browser without a window."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import pytest
from fastapi import APIRouter, Depends, Form, Request
from fastapi.testclient import TestClient
from starlette.responses import PlainTextResponse, Response

from client.privacy.tables import SCHEMA
from client.web.application import create_application
from client.web.pages import node_pages
from client.web.people import People
from client.web.signing_in import Reader, SignedIn, own_form
from shared.errors import SettingsError

BASE = "http://127.0.0.1:8000"


@pytest.fixture
def people(tmp_path: Path) -> Iterator[People]:
    engine = SCHEMA.open(f"sqlite:///{tmp_path / 'node.db'}")
    yield People(engine)
    engine.dispose()


def page_of_their_own(people: People) -> APIRouter:
    router = APIRouter(prefix="/page", dependencies=[Depends(SignedIn(people))])

    @router.get("")
    def show(reader: Reader) -> Response:
        return PlainTextResponse(f"hello {reader}")

    @router.post("", dependencies=[Depends(own_form)])
    def change(reader: Reader, value: Annotated[str, Form()]) -> Response:
        if value == "Garcia1957":
            raise RuntimeError(value)
        if value == "wrong":
            raise SettingsError("<b>This</b> is wrong.", "Mend it.")
        return PlainTextResponse(f"{reader} {value}")

    @router.get("/form")
    def form(request: Request) -> Response:
        return node_pages("lyon").page(request, "client.web/signed_out.html")

    return router


@pytest.fixture
def browser(people: People) -> TestClient:
    application = create_application(
        people, node_pages("<i>lyon</i>"), [page_of_their_own(people)], "/page"
    )
    return TestClient(
        application, base_url=BASE, follow_redirects=False, raise_server_exceptions=False
    )


def sign_in(browser: TestClient, people: People, name: str = "Dr. Ana Ruiz") -> None:
    token = people.invite(name, timedelta(hours=1))
    answer = browser.post("/sign-in", data={"token": token})
    assert answer.status_code == 303
