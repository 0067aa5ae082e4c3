"""Who asks, and whether they may: what pages of the coordinator depend on.

A page declares ``account: Annotated[Account, Depends(require("coordinator"))]``. What it then does
is written into the log of actions with ``with acting(request, "candidate.promote", candidate):``.
The application has to know the accounts: `server.accounts.sign_in.add_sign_in`.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from fastapi import Request

from server.accounts.account import Account
from server.accounts.actions import Actor
from server.accounts.roles import Role
from server.accounts.services import accounts_of

# Browsers send cookies to every port of a machine, so each site has a name of its own.
SESSION_COOKIE = "juntos_coordinator"


class NotSignedInError(Exception):
    """A page was asked for by nobody known."""


class RoleNeededError(Exception):
    """Somebody known asked for what their role may not do."""

    def __init__(self, needed: Role) -> None:
        super().__init__(needed)
        self.needed = needed


def current_account(request: Request) -> Account:
    """Return who asks, by the session's cookie.

    Raises
    ------
    NotSignedInError
        When there is no session, or it is over.
    """
    known: Account | None = getattr(request.state, "account", None)
    if known is not None:
        return known
    account = accounts_of(request).tokens.signed_in(request.cookies.get(SESSION_COOKIE, ""))
    if account is None:
        raise NotSignedInError
    request.state.account = account
    # What all pages show.
    request.state.reader = account.name
    return account


def require(needed: Role) -> Callable[[Request], Account]:
    """Return a dependency that lets in accounts with a role, or one that includes it.

    Raises
    ------
    NotSignedInError
    RoleNeededError
    """

    def check(request: Request) -> Account:
        account = current_account(request)
        if not account.may(needed):
            raise RoleNeededError(needed)
        return account

    return check


def acting(
    request: Request, action: str, subject: str = "", detail: str = ""
) -> AbstractContextManager[None]:
    """Write into the log of actions what the block does, and whether it could.

    Parameters
    ----------
    action : str
        ``THING.VERB``: ``candidate.promote``, ``hospital.enrol``.
    subject : str
        On what: the candidate, the hospital, the request in the queue.
    detail : str
        Such as the reason that was given; nothing secret.
    """
    actor = actor_of(request, current_account(request))
    return accounts_of(request).log.of(actor, action, subject, detail)


def actor_of(request: Request, account: Account) -> Actor:
    """Return who acts, as the log of actions names them."""
    return Actor(account.name, account.role, "session", address_of(request))


def address_of(request: Request) -> str:
    """Return the network address that asks; a proxy on this machine may name it."""
    return "" if request.client is None else request.client.host
