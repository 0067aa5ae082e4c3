"""Tokens with which programs ask the coordinator's API; the database holds their hashes."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, RowMapping, insert, select, update
from sqlalchemy.exc import IntegrityError

from server.accounts.account import Account
from server.accounts.account_store import checked_role
from server.accounts.roles import Role, lower_of
from server.accounts.settings import AccountSettings
from server.database import accounts, api_tokens, now
from shared.errors import SettingsError
from shared.secret_tokens import digest_of, new_token

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
# By it, whoever finds a token in a file or a log knows what it opens.
PREFIX = "juntos_coordinator_"


@dataclass(frozen=True)
class ApiToken:
    """One token, without what opens the door.

    Attributes
    ----------
    name : str
    account : str
        On whose behalf it asks.
    role : {"viewer", "coordinator", "administrator"}
        It may do what both the role and its account may.
    created_at, expires_at : str
    revoked_at : str or None
    used_on : str or None
        The last day.
    """

    name: str
    account: str
    role: Role
    created_at: str
    expires_at: str
    revoked_at: str | None
    used_on: str | None

    @property
    def state(self) -> str:
        """``active``, ``expired`` or ``revoked``."""
        if self.revoked_at:
            return "revoked"
        return "active" if self.expires_at > now() else "expired"

    def as_json(self) -> dict[str, str | None]:
        """Return the fields with the state."""
        return {**asdict(self), "state": self.state}


class ApiTokens:
    """The tokens of one federation.

    Parameters
    ----------
    engine : Engine
        Of the coordinator's database.
    settings : AccountSettings
    """

    def __init__(self, engine: Engine, settings: AccountSettings) -> None:
        self._engine = engine
        self._longest = settings.token_days

    def add(self, name: str, account: Account, role: str, days: int) -> str:
        """Make a token and return it; it is not kept.

        Raises
        ------
        SettingsError
            When the name is taken or none, the account has not the role, or the time is too long.
        """
        wanted = checked_role(role)
        if NAME.fullmatch(name) is None:
            raise SettingsError(
                "This is no name of a token.",
                "Take up to 64 letters, digits, points, dashes and underscores.",
            )
        if not account.may(wanted):
            raise SettingsError(
                f"{account.name} is no {wanted}.", f"A token may do what a {account.role} may."
            )
        if not 1 <= days <= self._longest:
            raise SettingsError(
                f"A token is good for 1 to {self._longest} days.",
                "Choose fewer days, or change token_days in coordinator.toml.",
            )
        return self._insert(name, account.name, wanted, days)

    def _insert(self, name: str, account: str, role: Role, days: int) -> str:
        token = new_token(PREFIX)
        until = datetime.now(UTC) + timedelta(days=days)
        row = {
            "name": name,
            "digest": digest_of(token),
            "account": account,
            "role": role,
            "created_at": now(),
            "expires_at": until.isoformat(timespec="seconds"),
        }
        try:
            with self._engine.begin() as connection:
                connection.execute(insert(api_tokens).values(**row))
        except IntegrityError:
            raise SettingsError(
                f"There is, or was, a token {name!r}.",
                "Take another name: what was done with it stays under it.",
            ) from None
        return token

    def revoke(self, name: str) -> None:
        """End a token, at once.

        Raises
        ------
        SettingsError
            When there is none of this name that is still good.
        """
        wanted = (api_tokens.c.name == name) & api_tokens.c.revoked_at.is_(None)
        with self._engine.begin() as connection:
            found = connection.execute(update(api_tokens).where(wanted).values(revoked_at=now()))
        if found.rowcount != 1:
            raise SettingsError(
                f"No token {name!r} is in use.", "List them: juntos coordinator token list"
            )

    def all(self) -> list[ApiToken]:
        """Return every token there ever was, the oldest first."""
        chosen = select(api_tokens).order_by(api_tokens.c.created_at, api_tokens.c.name)
        with self._engine.connect() as connection:
            return [_token(row) for row in connection.execute(chosen).mappings()]

    def holder(self, token: str) -> tuple[ApiToken, Account] | None:
        """Return a token's name and an account that may do what the token may; None for others."""
        both = api_tokens.join(accounts, accounts.c.name == api_tokens.c.account)
        wanted = (
            select(api_tokens, accounts.c.role.label("account_role"))
            .select_from(both)
            .where(
                api_tokens.c.digest == digest_of(token),
                api_tokens.c.revoked_at.is_(None),
                api_tokens.c.expires_at > now(),
                accounts.c.disabled_at.is_(None),
            )
        )
        with self._engine.connect() as connection:
            row = connection.execute(wanted).mappings().one_or_none()
        if row is None:
            return None
        found = _token(row)
        self._note_use(found)
        return found, Account(found.account, lower_of(found.role, row["account_role"]))

    def _note_use(self, token: ApiToken) -> None:
        today = now()[:10]
        if token.used_on == today:
            return
        used = update(api_tokens).where(api_tokens.c.name == token.name)
        with self._engine.begin() as connection:
            connection.execute(used.values(used_on=today))


def _token(row: RowMapping) -> ApiToken:
    return ApiToken(**{name: row[name] for name in ApiToken.__dataclass_fields__})
