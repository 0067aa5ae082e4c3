"""``/v1/accounts``, ``/v1/tokens`` and ``/v1/actions``: who may what, and who did what."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from server.accounts.account import Account
from server.accounts.links import password_link
from server.accounts.services import Accounts
from server.api.bodies.people import (
    AccountBody,
    AccountChange,
    AccountList,
    ActionBody,
    ActionList,
    LinkBody,
    MadeToken,
    NewAccount,
    NewToken,
    TokenBody,
    TokenList,
)
from server.api.caller import Caller, acting, having
from server.api.failures import absent
from server.api.given import MOST, Chosen, Named
from server.home import CoordinatorHome
from shared.errors import SettingsError
from shared.http.described_problems import problems

MOST_LISTED = 500
Viewer = Annotated[Caller, Depends(having("viewer"))]
Administrator = Annotated[Caller, Depends(having("administrator"))]


def accounts(home: CoordinatorHome, known: Accounts) -> APIRouter:
    """Return the addresses of accounts."""
    router = APIRouter(tags=["people"])

    def read(name: str) -> Account:
        try:
            return known.store.get(name)
        except SettingsError:
            raise absent("account", name) from None

    @router.get("/v1/accounts", responses=problems())
    def all_accounts(_caller: Administrator) -> AccountList:
        """List who may sign in, and as what."""
        return AccountList(accounts=[AccountBody.of(each) for each in known.store.all()])

    @router.post("/v1/accounts", status_code=201, responses=problems(409))
    def add(request: Request, caller: Administrator, wanted: NewAccount) -> AccountBody:
        """Make an account; its owner chooses the password with a link."""
        with acting(request, caller, "account.add", wanted.name.lower(), wanted.role):
            return AccountBody.of(known.store.add(wanted.name, wanted.role))

    @router.patch("/v1/accounts/{name}", responses=problems(404))
    def change(
        request: Request, caller: Administrator, name: Named, wanted: AccountChange
    ) -> AccountBody:
        """Give an account another role, disable it with its sessions and tokens, or enable it."""
        whose = read(name).name
        if wanted.role is not None:
            with acting(request, caller, "account.role", whose, wanted.role):
                known.store.set_role(whose, wanted.role)
        if wanted.disabled is not None:
            step = "disable" if wanted.disabled else "enable"
            with acting(request, caller, f"account.{step}", whose):
                (known.store.disable if wanted.disabled else known.store.enable)(whose)
        return AccountBody.of(known.store.get(whose))

    @router.post("/v1/accounts/{name}/link", status_code=201, responses=problems(404))
    def link(request: Request, caller: Administrator, name: Named) -> LinkBody:
        """Make a link with which somebody chooses a password, once; older ones of theirs end."""
        account = read(name)
        with acting(request, caller, "account.link", account.name):
            made = password_link(known, home.settings, account)
        return LinkBody(account=account.name, link=made, hours=known.settings.link_hours)

    return router


def tokens(known: Accounts) -> APIRouter:
    """Return the addresses of tokens."""
    router = APIRouter(tags=["people"])
    store = known.api_tokens

    @router.get("/v1/tokens", responses=problems())
    def all_tokens(_caller: Administrator) -> TokenList:
        """List tokens, without what opens the door."""
        return TokenList(tokens=[TokenBody.of(each) for each in store.all()])

    @router.post("/v1/tokens", status_code=201, responses=problems(404))
    def add(request: Request, caller: Administrator, wanted: NewToken) -> MadeToken:
        """Make a token and return it, once."""
        try:
            account = known.store.get(wanted.account)
        except SettingsError:
            raise absent("account", wanted.account) from None
        detail = f"{wanted.role} of {account.name}"
        with acting(request, caller, "token.add", wanted.name, detail):
            token = store.add(wanted.name, account, wanted.role, wanted.days)
        return MadeToken(name=wanted.name, token=token)

    @router.post("/v1/tokens/{name}/revoke", responses=problems(404))
    def revoke(request: Request, caller: Administrator, name: Named) -> TokenBody:
        """End a token, at once."""
        if name not in {each.name for each in store.all()}:
            raise absent("token", name)
        with acting(request, caller, "token.revoke", name):
            store.revoke(name)
        return next(TokenBody.of(each) for each in store.all() if each.name == name)

    return router


def actions(known: Accounts) -> APIRouter:
    """Return the address of the log of actions."""
    router = APIRouter(tags=["people"])

    @router.get("/v1/actions", responses=problems())
    def all_actions(
        _caller: Viewer,
        actor: Chosen = "",
        action: Annotated[
            Chosen, Query(description="Or its beginning: `candidate.`, `account.add`.")
        ] = "",
        subject: Annotated[str, Query(max_length=200, pattern=r"^[^\x00]*$")] = "",
        before: Annotated[int, Query(ge=0, le=MOST)] = 0,
        limit: Annotated[int, Query(ge=1, le=MOST_LISTED)] = 100,
    ) -> ActionList:
        """List who did what, when, from where, on what, and whether it was done."""
        found = known.log.find(
            actor=actor, action=action, subject=subject, before=before, limit=limit + 1
        )
        more = found[limit - 1].number if len(found) > limit else None
        return ActionList(actions=[ActionBody.of(each) for each in found[:limit]], next=more)

    return router
