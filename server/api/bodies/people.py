"""Accounts, tokens and what was done, in requests and answers."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from server.accounts.account import Account
from server.accounts.actions import Action
from server.accounts.api_tokens import ApiToken
from server.accounts.roles import Role
from server.api.caller import Caller
from shared.settings_file import StrictModel


class MeBody(StrictModel):
    """Who asks."""

    token: str
    account: str
    role: Role
    expires_at: str

    @classmethod
    def of(cls, caller: Caller) -> MeBody:
        """Return who asks."""
        account = caller.account
        return cls(
            token=caller.name,
            account=account.name,
            role=account.role,
            expires_at=caller.token.expires_at,
        )


class AccountBody(StrictModel):
    """Somebody who may sign in."""

    name: str
    role: Role
    state: Literal["active", "disabled", "invited"]
    created_at: str
    disabled_at: str | None
    signed_in_at: str | None
    has_password: bool
    issuer: str = Field(description="Whose sign-in they use; empty for the coordinator's own.")

    @classmethod
    def of(cls, account: Account) -> AccountBody:
        """Return an account."""
        return cls.model_validate(account.as_json())


class AccountList(StrictModel):
    """All accounts, in the order of their names."""

    accounts: list[AccountBody]


AccountName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$")]


class NewAccount(StrictModel):
    """An account to make."""

    name: AccountName
    role: Role


class AccountChange(StrictModel):
    """What is to be different about an account; what is left out stays."""

    role: Role | None = None
    disabled: bool | None = None


class LinkBody(StrictModel):
    """A link with which somebody chooses a password, once. It is not shown again."""

    account: str
    link: str
    hours: int


class TokenBody(StrictModel):
    """A token, without what opens the door."""

    name: str
    account: str
    role: Role
    state: Literal["active", "expired", "revoked"]
    created_at: str
    expires_at: str
    revoked_at: str | None
    used_on: str | None

    @classmethod
    def of(cls, token: ApiToken) -> TokenBody:
        """Return a token."""
        return cls.model_validate(token.as_json())


class TokenList(StrictModel):
    """Every token there ever was, the oldest first."""

    tokens: list[TokenBody]


class NewToken(StrictModel):
    """A token to make."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
    account: AccountName
    role: Role = "viewer"
    days: int = Field(default=90, ge=1, le=10_000)


class MadeToken(StrictModel):
    """A new token. It is not kept: store it where it is used."""

    name: str
    token: str


class ActionBody(StrictModel):
    """Who did what, when, from where, on what, and whether it was done."""

    number: int
    at: str
    actor: str
    role: str
    through: str = Field(description="`session`, `token`, `terminal` or `loop`.")
    address: str
    action: str
    subject: str
    outcome: Literal["done", "refused", "failed"]
    detail: str

    @classmethod
    def of(cls, action: Action) -> ActionBody:
        """Return one entry."""
        content: dict[str, Any] = action.as_json()
        return cls.model_validate(content)


class ActionList(StrictModel):
    """Entries, the newest first."""

    actions: list[ActionBody]
    next: int | None = Field(description="What `before` is for those that follow; null for none.")
