"""Accounts: who may sign in, and as what; for administrators."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import Response

from server.accounts.account import Account
from server.accounts.guard import acting, require
from server.accounts.links import password_link
from server.accounts.services import accounts_of
from server.dashboard.frame import Dashboard, own_form, to
from server.dashboard.people_page import ShownOnce, people_page
from shared.errors import JuntosError

REFUSED = 422
STEPS = ("role", "disable", "enable", "link")


def people_routes(dashboard: Dashboard) -> APIRouter:
    """Return the routes of accounts."""
    router = APIRouter(dependencies=[Depends(require("administrator"))])
    guarded = [Depends(own_form)]

    def with_link(request: Request, account: Account) -> Response:
        """Show a link with which somebody chooses a password, once."""
        link = password_link(accounts_of(request), dashboard.home.settings, account)
        return people_page(dashboard, request, once=ShownOnce(account.name, link=link))

    @router.get("/people")
    def people(request: Request) -> Response:
        return people_page(dashboard, request)

    @router.post("/people", dependencies=guarded)
    def add(
        request: Request,
        name: Annotated[str, Form(max_length=64)],
        role: Annotated[str, Form(max_length=16)],
    ) -> Response:
        try:
            with acting(request, "account.add", name.strip().lower(), role):
                account = accounts_of(request).store.add(name, role)
        except JuntosError as error:
            return people_page(dashboard, request, REFUSED, error)
        return with_link(request, account)

    @router.post("/people/{name}/{step}", dependencies=guarded)
    def change(
        request: Request,
        name: str,
        step: str,
        role: Annotated[str, Form(max_length=16)] = "",
    ) -> Response:
        store = accounts_of(request).store
        try:
            with acting(request, f"account.{step if step in STEPS else 'change'}", name, role):
                if step == "role":
                    store.set_role(name, role)
                elif step == "disable":
                    store.disable(name)
                elif step == "enable":
                    store.enable(name)
                else:
                    return with_link(request, store.get(name))
        except JuntosError as error:
            return people_page(dashboard, request, REFUSED, error)
        return to(request, f"/people?done={step}")

    return router
