"""Accounts: who may sign in, and as what; for administrators."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import Response

from server.accounts.guard import acting, require
from server.accounts.roles import ROLES
from server.accounts.services import accounts_of
from server.dashboard.frame import Dashboard, own_form, to
from shared.errors import JuntosError

REFUSED = 422
STEPS = ("role", "disable", "enable", "link")


def people_routes(dashboard: Dashboard) -> APIRouter:
    """Return the routes of accounts."""
    router = APIRouter(dependencies=[Depends(require("administrator"))])
    guarded = [Depends(own_form)]

    def show(
        request: Request,
        status: int = 200,
        error: JuntosError | None = None,
        link: str = "",
        whose: str = "",
    ) -> Response:
        accounts = accounts_of(request)
        return dashboard.show(
            request,
            "people",
            status,
            accounts=accounts.store.all(),
            roles=ROLES,
            error=error,
            link=link,
            whose=whose,
            hours=accounts.settings.link_hours,
        )

    def link_of(request: Request, name: str) -> str:
        """Return a link with which somebody chooses a password; it is shown once."""
        token = accounts_of(request).tokens.link(name)
        return str(request.base_url).rstrip("/") + f"/sign-in/link/{token}"

    @router.get("/people")
    def people(request: Request) -> Response:
        return show(request)

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
            return show(request, REFUSED, error)
        return show(request, link=link_of(request, account.name), whose=account.name)

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
                    whose = store.get(name).name
                    return show(request, link=link_of(request, whose), whose=whose)
        except JuntosError as error:
            return show(request, REFUSED, error)
        return to(request, f"/people?done={step}")

    return router
