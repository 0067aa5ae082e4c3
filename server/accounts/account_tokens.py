"""What somebody's browser holds: a session, a link that signs in once, a sign of being known."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Literal

from sqlalchemy import Connection, Delete, Engine, RowMapping, delete, select, update

from server.accounts.account import Account
from server.accounts.account_store import account_of
from server.accounts.settings import AccountSettings
from server.database import account_tokens, accounts
from shared.database import locked
from shared.secret_tokens import digest_of, new_token

TokenKind = Literal["session", "link", "browser"]
# A session's last use is written down only so often.
NOTED_EVERY = timedelta(minutes=1)
KNOWN_BROWSER = timedelta(days=180)


class AccountTokens:
    """Random tokens of accounts; the database holds their hashes.

    Parameters
    ----------
    engine : Engine
        Of the coordinator's database.
    settings : AccountSettings
    """

    def __init__(self, engine: Engine, settings: AccountSettings) -> None:
        self._engine = engine
        self._idle = timedelta(minutes=settings.idle_minutes)
        self._valid: Mapping[TokenKind, timedelta] = {
            "session": timedelta(hours=settings.session_hours),
            "link": timedelta(hours=settings.link_hours),
            "browser": KNOWN_BROWSER,
        }

    def link(self, account: str) -> str:
        """Return a token that signs somebody in once; it makes older ones of theirs useless."""
        return self._issue(account, "link", only=True)

    def session(self, account: str) -> str:
        """Return the token of a new session."""
        return self._issue(account, "session")

    def browser(self, account: str) -> str:
        """Return a token by which a browser is known from before; it signs nobody in."""
        return self._issue(account, "browser")

    def invited(self, token: str) -> Account | None:
        """Return whom a link is for, and leave it as it is; None where it is none."""
        with self._engine.connect() as connection:
            row = _row(connection, token, "link")
        return None if row is None else account_of(row)

    def use_link(self, token: str) -> Account | None:
        """Return whom a link is for, and use it up; None where it is none."""
        with locked(self._engine, "IMMEDIATE") as connection:
            connection.execute(
                delete(account_tokens).where(account_tokens.c.expires_at <= _text(_now()))
            )
            row = _row(connection, token, "link")
            if row is None:
                return None
            connection.execute(_of(token))
            return account_of(row)

    def signed_in(self, token: str) -> Account | None:
        """Return whose session it is; None where it is none, or over."""
        if not token:
            return None
        with self._engine.connect() as connection:
            row = _row(connection, token, "session")
        if row is None:
            return None
        idle = _now() - datetime.fromisoformat(row["used_at"])
        if idle > self._idle:
            return None
        if idle > NOTED_EVERY:
            self._note_use(token)
        return account_of(row)

    def is_known(self, token: str, account: str) -> bool:
        """Return whether somebody signed in to an account with this browser before."""
        with self._engine.connect() as connection:
            row = _row(connection, token, "browser")
        return row is not None and row["account"] == account

    def end(self, token: str) -> None:
        """End a session."""
        with self._engine.begin() as connection:
            connection.execute(_of(token))

    def _issue(self, account: str, kind: TokenKind, *, only: bool = False) -> str:
        token, time = new_token(), _now()
        row = {
            "digest": digest_of(token),
            "account": account,
            "kind": kind,
            "made_at": _text(time),
            "used_at": _text(time),
            "expires_at": _text(time + self._valid[kind]),
        }
        old = (account_tokens.c.account == account) & (account_tokens.c.kind == kind)
        with self._engine.begin() as connection:
            if only:
                connection.execute(delete(account_tokens).where(old))
            connection.execute(account_tokens.insert(), row)
        return token

    def _note_use(self, token: str) -> None:
        used = update(account_tokens).where(account_tokens.c.digest == digest_of(token))
        with self._engine.begin() as connection:
            connection.execute(used.values(used_at=_text(_now())))


def _row(connection: Connection, token: str, kind: TokenKind) -> RowMapping | None:
    """Return a token with its account; one that is over, or of a disabled account, is none."""
    both = account_tokens.join(accounts, accounts.c.name == account_tokens.c.account)
    wanted = (
        select(accounts, account_tokens.c.account, account_tokens.c.used_at)
        .select_from(both)
        .where(
            account_tokens.c.digest == digest_of(token),
            account_tokens.c.kind == kind,
            account_tokens.c.expires_at > _text(_now()),
            accounts.c.disabled_at.is_(None),
        )
    )
    return connection.execute(wanted).mappings().one_or_none()


def _of(token: str) -> Delete:
    return delete(account_tokens).where(account_tokens.c.digest == digest_of(token))


def _now() -> datetime:
    return datetime.now(UTC)


def _text(time: datetime) -> str:
    return time.isoformat(timespec="seconds")
