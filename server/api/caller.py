"""Who asks: a token and its account; what they may, and that it is written down."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from anyio import to_thread
from fastapi import Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.types import Scope

from server.accounts.account import Account
from server.accounts.actions import Actor
from server.accounts.api_tokens import ApiToken, ApiTokens
from server.accounts.guard import address_of
from server.accounts.roles import Role
from server.accounts.services import accounts_of
from shared.http.door import HouseRules
from shared.http.problems import ApiError, unavailable

# The door has looked at the token by then; this says in the description that one is sent.
bearer = HTTPBearer(
    auto_error=False,
    scheme_name="token",
    description="A token: juntos coordinator token add NAME --account ACCOUNT --role ROLE",
)
Credentials = Annotated[HTTPAuthorizationCredentials | None, Security(bearer)]


@dataclass(frozen=True)
class Caller:
    """Who asks.

    Attributes
    ----------
    token : ApiToken
    account : Account
        With the role that both the token and its account have.
    """

    token: ApiToken
    account: Account

    @property
    def name(self) -> str:
        """The token's name."""
        return self.token.name


def having(needed: Role) -> Callable[[Request, Credentials], Awaitable[Caller]]:
    """Return a dependency that lets in tokens with a role, or one that includes it.

    Raises
    ------
    ApiError
        401 without a token, 403 with one that may less.
    """

    async def check(request: Request, _credentials: Credentials) -> Caller:
        caller: Caller | None = getattr(request.state, "caller", None)
        if caller is None:
            raise no_token()
        if not caller.account.may(needed):
            raise wrong_role(caller, needed)
        return caller

    return check


def acting(
    request: Request, caller: Caller, action: str, subject: str = "", detail: str = ""
) -> AbstractContextManager[None]:
    """Write into the log of actions what the block does, and whether it could.

    Parameters
    ----------
    action, subject, detail : str
        As for `server.accounts.guard.acting`.
    """
    account = caller.account
    actor = Actor(account.name, account.role, "token", address_of(request))
    said = "; ".join(filter(None, (f"token {caller.name}", detail)))
    return accounts_of(request).log.of(actor, action, subject, said)


def house_rules(tokens: ApiTokens) -> HouseRules:
    """Return whom the API lets in."""

    async def find(token: str) -> Caller | None:
        found = await to_thread.run_sync(tokens.holder, token)
        return None if found is None else Caller(*found)

    return HouseRules(
        find=find,
        needs_token=lambda path: path != DESCRIPTION,
        bucket_without=_address,
        no_token=no_token,
        unknown_token=unknown_token,
        unavailable=lambda: unavailable(
            "database-unavailable",
            "The coordinator cannot look up the token",
            "The coordinator's database does not answer.",
            "Check that it runs and that its disk is not full.",
        ),
        instead="",
    )


# Tools read it before anybody gives them a token; it says nothing about this federation.
DESCRIPTION = "/v1/openapi.json"


def _address(scope: Scope) -> str:
    client = scope.get("client")
    # No name of a token holds a space.
    return f"from {client[0] if client else ''}"


def no_token() -> ApiError:
    """Return the problem of a request without a token."""
    return ApiError(
        HTTPStatus.UNAUTHORIZED,
        "token-needed",
        "A token is needed",
        "Send the header Authorization: Bearer TOKEN.",
        "An administrator makes tokens: juntos coordinator token add NAME --account ACCOUNT.",
        headers={"WWW-Authenticate": 'Bearer realm="juntos"'},
    )


def unknown_token() -> ApiError:
    """Return the problem of a token that is none, or opens nothing any more."""
    return ApiError(
        HTTPStatus.UNAUTHORIZED,
        "token-unknown",
        "The token is unknown, expired or revoked",
        fix="Ask an administrator of the federation for a new one.",
        headers={"WWW-Authenticate": 'Bearer realm="juntos", error="invalid_token"'},
    )


def wrong_role(caller: Caller, needed: Role) -> ApiError:
    """Return the problem of a token that may not do this."""
    return ApiError(
        HTTPStatus.FORBIDDEN,
        "role-needed",
        "The token may not do this",
        f"It takes the role {needed}; the token {caller.name!r} has {caller.account.role}.",
        "Ask an administrator of the federation for a token with it.",
        headers={"WWW-Authenticate": 'Bearer realm="juntos", error="insufficient_scope"'},
    )
