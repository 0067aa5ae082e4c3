"""What a key may do, as routes declare it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from client.api.keys.door import no_key, wrong_role
from client.api.keys.key_book import ApiKey, Role

# The door has looked at the key by then; this says in the description of the API that one is sent.
bearer = HTTPBearer(
    auto_error=False,
    scheme_name="key",
    description="A key of the node: juntos node key add NAME --role ROLE",
)
Credentials = Annotated[HTTPAuthorizationCredentials | None, Security(bearer)]


def having(*roles: Role) -> Callable[[Request, Credentials], Awaitable[ApiKey]]:
    """Return what lets in keys with one of the roles, and any key without roles given.

    Raises
    ------
    ApiError
        401 without a key, 403 with one that has none of the roles.
    """

    async def check(request: Request, _credentials: Credentials) -> ApiKey:
        key: ApiKey | None = getattr(request.state, "caller", None)
        if key is None:
            raise no_key()
        if roles and not set(roles) & set(key.roles):
            raise wrong_role(key, " or ".join(roles))
        return key

    return check
