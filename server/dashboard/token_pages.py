"""Tokens of programs on the page of accounts; for administrators."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import Response

from server.accounts.guard import acting, require
from server.accounts.services import accounts_of
from server.dashboard.frame import Dashboard, own_form, to
from server.dashboard.people_page import ShownOnce, people_page
from shared.errors import JuntosError

REFUSED = 422


def token_routes(dashboard: Dashboard) -> APIRouter:
    """Return the routes of tokens."""
    router = APIRouter(dependencies=[Depends(require("administrator")), Depends(own_form)])

    @router.post("/people/tokens")
    def add(
        request: Request,
        name: Annotated[str, Form(max_length=64)],
        account: Annotated[str, Form(max_length=64)],
        role: Annotated[str, Form(max_length=16)],
        days: Annotated[int, Form(ge=1, le=10_000)],
    ) -> Response:
        accounts, name = accounts_of(request), name.strip()
        try:
            with acting(request, "token.add", name, f"{role} of {account}"):
                whose = accounts.store.get(account)
                token = accounts.api_tokens.add(name, whose, role, days)
        except JuntosError as error:
            return people_page(dashboard, request, REFUSED, error)
        return people_page(dashboard, request, once=ShownOnce(name, token=token))

    @router.post("/people/tokens/{name}/revoke")
    def revoke(request: Request, name: str) -> Response:
        try:
            with acting(request, "token.revoke", name):
                accounts_of(request).api_tokens.revoke(name)
        except JuntosError as error:
            return people_page(dashboard, request, REFUSED, error)
        return to(request, "/people?done=revoke")

    return router
