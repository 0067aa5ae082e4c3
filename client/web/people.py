"""Who may use the node's pages: people with a name, who sign in with a link that works once."""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime, timedelta
from typing import Literal

from sqlalchemy import Connection, Engine, delete, func, select

from client.web.tables import people, tokens
from shared.database import locked
from shared.errors import SettingsError

TokenKind = Literal["invitation", "session"]
MAXIMUM_NAME = 120


def checked_name(name: str) -> str:
    """Return a person's name without needless spaces.

    Raises
    ------
    SettingsError
        When it is none.
    """
    plain = " ".join(name.split())
    if not 1 <= len(plain) <= MAXIMUM_NAME or not plain.isprintable():
        raise SettingsError(
            "This is no reader's name.", f"Give 1 to {MAXIMUM_NAME} letters, as entries will show."
        )
    return plain


class People:
    """The people of one node, and their tokens; only hashes of tokens are kept.

    Parameters
    ----------
    engine : Engine
        Of the node's database.
    session : timedelta
        How long somebody stays signed in.
    """

    def __init__(self, engine: Engine, session: timedelta = timedelta(hours=8)) -> None:
        self._engine = engine
        self._session = session

    def invite(self, name: str, valid: timedelta, role: str = "reader") -> str:
        """Return a token that signs a person in, once; it makes older ones of theirs useless."""
        plain = checked_name(name)
        with locked(self._engine, "IMMEDIATE") as connection:
            known = connection.execute(select(people.c.name).where(people.c.name == plain)).first()
            if known is None:
                connection.execute(
                    people.insert(), {"name": plain, "role": role, "created": _text(_now())}
                )
            old = (tokens.c.name == plain) & (tokens.c.kind == "invitation")
            connection.execute(delete(tokens).where(old))
            return _issue(connection, plain, "invitation", valid)

    def sign_in(self, token: str) -> str | None:
        """Return the token of a new session for one of an invitation; None where it is none.

        The invitation is used up.
        """
        with locked(self._engine, "IMMEDIATE") as connection:
            connection.execute(delete(tokens).where(tokens.c.expires <= _text(_now())))
            name = _whose(connection, token, "invitation")
            if name is None:
                return None
            connection.execute(delete(tokens).where(tokens.c.digest == digest_of(token)))
            return _issue(connection, name, "session", self._session)

    def invited(self, token: str) -> str | None:
        """Return whom an invitation is for, and leave it as it is; None where it is none."""
        with self._engine.connect() as connection:
            return _whose(connection, token, "invitation")

    def signed_in(self, token: str) -> str | None:
        """Return whose session a token is of; None where it is none, or over."""
        with self._engine.connect() as connection:
            return _whose(connection, token, "session")

    def sign_out(self, token: str) -> None:
        """End a session."""
        with self._engine.begin() as connection:
            connection.execute(delete(tokens).where(tokens.c.digest == digest_of(token)))

    def count(self) -> int:
        """Return how many people were invited so far."""
        with self._engine.connect() as connection:
            return connection.execute(select(func.count()).select_from(people)).scalar_one()


def digest_of(token: str) -> str:
    """Return what is kept of a token: 256 random bits need no salt."""
    return hashlib.sha256(token.encode()).hexdigest()


def _issue(connection: Connection, name: str, kind: TokenKind, valid: timedelta) -> str:
    token = secrets.token_urlsafe(32)
    row = {
        "digest": digest_of(token),
        "name": name,
        "kind": kind,
        "expires": _text(_now() + valid),
    }
    connection.execute(tokens.insert(), row)
    return token


def _whose(connection: Connection, token: str, kind: TokenKind) -> str | None:
    """Return whose token it is; one that is over is nobody's."""
    found = select(tokens.c.name).where(
        tokens.c.digest == digest_of(token),
        tokens.c.kind == kind,
        tokens.c.expires > _text(_now()),
    )
    return connection.execute(found).scalar()


def _now() -> datetime:
    return datetime.now(UTC)


def _text(time: datetime) -> str:
    return time.isoformat(timespec="seconds")
