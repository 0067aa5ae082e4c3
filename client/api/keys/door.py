"""Whom the API lets in, before anything of a request's body is read."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from starlette.types import ASGIApp, Scope

from client.api.keys.key_book import ApiKey
from client.api.keys.known_keys import KnownKeys
from client.api.keys.rate_limits import RateLimits
from client.api.problems import ApiError, unavailable
from shared.http.door import Door as AnyDoor
from shared.http.door import HouseRules

# The bucket of all who ask without a key, together; and what may be asked so.
NOBODY = ""
ASKING = "/cds-services/"


class Door(AnyDoor):
    """Asks for a key where one is needed.

    Parameters
    ----------
    inner : ASGI application
    keys : KnownKeys
    limits : RateLimits
    needs_key : callable
        Says it of a path.
    """

    def __init__(
        self,
        inner: ASGIApp,
        keys: KnownKeys,
        limits: RateLimits,
        needs_key: Callable[[str], bool],
    ) -> None:
        def bucket(scope: Scope) -> str | None:
            """Count questions without a key; whoever watches the service is not counted."""
            path: str = scope["path"]
            return NOBODY if path.startswith(ASKING) and not needs_key(path) else None

        rules = HouseRules(
            find=keys.find,
            needs_token=needs_key,
            bucket_without=bucket,
            no_token=no_key,
            unknown_token=unknown_key,
            unavailable=no_lookup,
            instead=", or send several cases in one request",
        )
        super().__init__(inner, rules, limits)


def no_lookup() -> ApiError:
    """Return the problem of a key that cannot be looked up."""
    return unavailable(
        "database-unavailable",
        "The node cannot look up the key",
        "The node's database does not answer.",
        "Check that it runs and that its disk is not full.",
    )


def no_key() -> ApiError:
    """Return the problem of a request without a key."""
    return ApiError(
        HTTPStatus.UNAUTHORIZED,
        "key-needed",
        "A key is needed",
        "Send the header Authorization: Bearer KEY.",
        "The node's administrator makes keys: juntos node key add NAME --role ROLE.",
        headers={"WWW-Authenticate": 'Bearer realm="juntos"'},
    )


def unknown_key() -> ApiError:
    """Return the problem of a key that is none, or revoked."""
    return ApiError(
        HTTPStatus.UNAUTHORIZED,
        "key-unknown",
        "The key is unknown or revoked",
        fix="Ask the node's administrator for a new one.",
        headers={"WWW-Authenticate": 'Bearer realm="juntos", error="invalid_token"'},
    )


def wrong_role(key: ApiKey, needed: str) -> ApiError:
    """Return the problem of a key without the role."""
    return ApiError(
        HTTPStatus.FORBIDDEN,
        "role-needed",
        "The key may not do this",
        f"The key {key.name!r} has no role {needed!r}.",
        "Ask the node's administrator for a key with it.",
        headers={"WWW-Authenticate": 'Bearer realm="juntos", error="insufficient_scope"'},
    )
