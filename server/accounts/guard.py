"""Who asks, and whether they may: what pages of the coordinator depend on.

A page declares ``account: Annotated[Account, Depends(require("coordinator"))]``. What it then does
is written into the log of actions with ``with acting(request, "candidate.promote", candidate):``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from fastapi import Request

from server.accounts.account import Account
from server.accounts.roles import Role


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
    raise NotImplementedError


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


@contextmanager
def acting(request: Request, action: str, subject: str = "", detail: str = "") -> Iterator[None]:
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
    raise NotImplementedError
    yield
