"""API keys as the node keeps them: their hashes."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, get_args

from sqlalchemy import Engine, RowMapping, select, update
from sqlalchemy.exc import IntegrityError

from client.api.keys.tables import api_keys
from shared.errors import SettingsError

Role = Literal["predict", "confirm", "audit", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
# By it, whoever finds a key in a file or a log knows what it opens.
PREFIX = "juntos_"
TOKEN_BYTES = 32


@dataclass(frozen=True)
class ApiKey:
    """One key, without the token.

    Attributes
    ----------
    name : str
    roles : tuple of str
    created, revoked : str
        UTC, ISO 8601; `revoked` is empty while it is good.
    """

    name: str
    roles: tuple[Role, ...]
    created: str
    revoked: str


class KeyBook:
    """The keys of one node.

    A token is 256 random bits, so what is kept is its plain SHA-256: there is nothing to guess that
    a salt or a slow hash would make harder, and each request costs one hash.

    Parameters
    ----------
    engine : Engine
        Of the node's database.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, name: str, roles: Sequence[str]) -> str:
        """Make a key and return its token, which is not kept.

        Raises
        ------
        SettingsError
            When the name is taken or none, or there is no role.
        """
        row = _checked(name, roles)
        token = PREFIX + secrets.token_urlsafe(TOKEN_BYTES)
        try:
            with self._engine.begin() as connection:
                connection.execute(api_keys.insert(), {**row, "digest": digest_of(token)})
        except IntegrityError:
            raise SettingsError(
                f"There is, or was, a key {name!r}.",
                "Take another name: what was answered to it stays under it.",
            ) from None
        return token

    def revoke(self, name: str) -> None:
        """End a key.

        Raises
        ------
        SettingsError
            When there is none of this name that is still good.
        """
        wanted = (api_keys.c.name == name) & (api_keys.c.revoked == "")
        with self._engine.begin() as connection:
            found = connection.execute(update(api_keys).where(wanted).values(revoked=_now()))
        if found.rowcount != 1:
            raise SettingsError(
                f"No key {name!r} is in use.", "List them: juntos node key list --all"
            )

    def all(self) -> list[ApiKey]:
        """Return every key there ever was, the oldest first."""
        chosen = select(api_keys).order_by(api_keys.c.created, api_keys.c.name)
        with self._engine.connect() as connection:
            return [_key(row) for row in connection.execute(chosen).mappings()]

    def in_use(self) -> dict[str, ApiKey]:
        """Return the keys that are good, by the hash of their token."""
        chosen = select(api_keys).where(api_keys.c.revoked == "")
        with self._engine.connect() as connection:
            return {row["digest"]: _key(row) for row in connection.execute(chosen).mappings()}


def digest_of(token: str) -> str:
    """Return what is kept of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()


def _checked(name: str, roles: Sequence[str]) -> dict[str, str]:
    if NAME.fullmatch(name) is None:
        raise SettingsError(
            "This is no name of a key.",
            "Take up to 64 letters, digits, points, dashes and underscores.",
        )
    unknown = [role for role in roles if role not in ROLES]
    if unknown or not roles:
        raise SettingsError(
            f"There is no role {unknown[0]!r}." if unknown else "The key has no role.",
            f"Give one or several of {', '.join(ROLES)} with --role.",
        )
    chosen = [role for role in ROLES if role in roles]
    return {"name": name, "roles": " ".join(chosen), "created": _now(), "revoked": ""}


def _key(row: RowMapping) -> ApiKey:
    roles = tuple(role for role in ROLES if role in row["roles"].split())
    return ApiKey(row["name"], roles, row["created"], row["revoked"])


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
