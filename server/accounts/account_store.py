"""The accounts in the coordinator's database."""

from __future__ import annotations

import re

from sqlalchemy import Connection, Engine, RowMapping, delete, func, insert, select, update

from server.accounts.account import Account
from server.accounts.passwords import Passwords
from server.accounts.roles import ROLES, Role
from server.database import account_tokens, accounts, now
from shared.database import locked
from shared.errors import SettingsError

NAME = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}")


def checked_name(name: str) -> str:
    """Return an account's name in lower case.

    Raises
    ------
    SettingsError
        When it is none.
    """
    plain = name.strip().lower()
    if NAME.fullmatch(plain) is None:
        raise SettingsError(
            "This is no name of an account.",
            "Take up to 64 letters a to z, digits, points, dashes, underscores and @.",
        )
    return plain


def checked_role(role: str) -> Role:
    """Return a role.

    Raises
    ------
    SettingsError
        When there is none of this name.
    """
    for each in ROLES:
        if each == role:
            return each
    raise SettingsError(f"There is no role {role!r}.", f"Give one of {', '.join(ROLES)}.")


class AccountStore:
    """Reads and changes accounts.

    Parameters
    ----------
    engine : Engine
        Of the coordinator's database.
    passwords : Passwords, optional
    """

    def __init__(self, engine: Engine, passwords: Passwords | None = None) -> None:
        self._engine = engine
        self._passwords = passwords or Passwords()

    def add(
        self, name: str, role: str, issuer: str = "", oidc_subject: str | None = None
    ) -> Account:
        """Make an account, without a password yet.

        Raises
        ------
        SettingsError
            When the name is taken or none, or there is no such role.
        """
        row = {
            "name": checked_name(name),
            "role": checked_role(role),
            "created_at": now(),
            "issuer": issuer,
            "oidc_subject": oidc_subject,
        }
        with locked(self._engine, "IMMEDIATE") as connection:
            if _find(connection, row["name"] or "") is not None:
                raise SettingsError(
                    f"There is an account {row['name']!r} already.", "Take another name."
                )
            connection.execute(insert(accounts).values(**row))
        return self.get(name)

    def all(self) -> list[Account]:
        """Return every account in the order of their names."""
        with self._engine.connect() as connection:
            rows = connection.execute(select(accounts).order_by(accounts.c.name)).mappings()
            return [account_of(row) for row in rows]

    def get(self, name: str) -> Account:
        """Return an account.

        Raises
        ------
        SettingsError
            When there is none of this name.
        """
        with self._engine.connect() as connection:
            return _known(connection, name)

    def of_subject(self, issuer: str, subject: str) -> Account | None:
        """Return the account of somebody whom an identity provider names."""
        wanted = (accounts.c.issuer == issuer) & (accounts.c.oidc_subject == subject)
        with self._engine.connect() as connection:
            row = connection.execute(select(accounts).where(wanted)).mappings().one_or_none()
        return None if row is None else account_of(row)

    def with_password(self, name: str, password: str) -> Account | None:
        """Return the account if this is its password and it may sign in; None otherwise.

        A hash of earlier parameters is made anew.
        """
        with self._engine.connect() as connection:
            row = _find(connection, name.strip().lower())
        kept: str | None = None if row is None else row["password_hash"]
        if not self._passwords.matches(kept, password):
            return None
        if row is None or kept is None or row["disabled_at"]:
            return None
        if self._passwords.is_outdated(kept):
            fresh = self._passwords.hash(password)
            # Unless it was changed in the meantime.
            same = (accounts.c.name == row["name"]) & (accounts.c.password_hash == kept)
            with self._engine.begin() as connection:
                connection.execute(update(accounts).where(same).values(password_hash=fresh))
        return account_of(row)

    def set_password(self, name: str, password: str) -> None:
        """Give an account another password; who is signed in with it no longer is.

        Whether it is a good one is to be asked before: `check_password`.
        """
        self._change(name, keep_tokens=False, password_hash=self._passwords.hash(password))

    def take_password(self, name: str) -> None:
        """Let the password of an account be none any more; sessions and links end, too."""
        self._change(name, keep_tokens=False, password_hash=None)

    def set_role(self, name: str, role: str) -> None:
        """Let an account do more, or less; at once.

        Raises
        ------
        SettingsError
            When nobody would be left to administer accounts.
        """
        self._change(name, keep_tokens=True, role=checked_role(role))

    def disable(self, name: str) -> None:
        """Let an account do nothing more; its sessions end, and its tokens open nothing.

        Raises
        ------
        SettingsError
            When nobody would be left to administer accounts.
        """
        self._change(name, keep_tokens=False, disabled_at=now())

    def enable(self, name: str) -> None:
        """Let an account that was disabled sign in again."""
        self._change(name, keep_tokens=True, disabled_at=None)

    def signed_in(self, name: str) -> None:
        """Write down that somebody signed in."""
        self._change(name, keep_tokens=True, signed_in_at=now())

    def _change(self, name: str, *, keep_tokens: bool, **values: str | None) -> None:
        with locked(self._engine, "IMMEDIATE") as connection:
            account = _known(connection, name)
            connection.execute(
                update(accounts).where(accounts.c.name == account.name).values(**values)
            )
            if account.role == "administrator" and not account.disabled_at:
                _refuse_nobody_left(connection)
            if not keep_tokens:
                connection.execute(
                    delete(account_tokens).where(account_tokens.c.account == account.name)
                )


def account_of(row: RowMapping) -> Account:
    """Return the account of a row of the table."""
    return Account(
        name=row["name"],
        role=row["role"],
        created_at=row["created_at"],
        disabled_at=row["disabled_at"],
        signed_in_at=row["signed_in_at"],
        has_password=row["password_hash"] is not None,
        issuer=row["issuer"],
    )


def _known(connection: Connection, name: str) -> Account:
    row = _find(connection, name.strip().lower())
    if row is None:
        raise SettingsError(
            f"There is no account {name!r}.", "List them: juntos coordinator account list"
        )
    return account_of(row)


def _find(connection: Connection, name: str) -> RowMapping | None:
    return (
        connection.execute(select(accounts).where(accounts.c.name == name)).mappings().one_or_none()
    )


def _refuse_nobody_left(connection: Connection) -> None:
    wanted = (accounts.c.role == "administrator") & accounts.c.disabled_at.is_(None)
    count = connection.execute(select(func.count()).select_from(accounts).where(wanted))
    if count.scalar_one() == 0:
        raise SettingsError(
            "Nobody would be left to administer accounts.", "Make another administrator first."
        )
