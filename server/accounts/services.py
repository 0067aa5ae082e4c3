"""Everything about accounts of one federation, opened in one place."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from fastapi import Request
from starlette.applications import Starlette

from server.accounts.account import Account
from server.accounts.account_store import AccountStore
from server.accounts.account_tokens import AccountTokens
from server.accounts.actions import ActionLog
from server.accounts.api_tokens import ApiTokens
from server.accounts.passwords import check_password
from server.accounts.settings import AccountSettings
from server.accounts.sign_in_limits import SignInLimits
from server.addresses import dashboard_of
from server.home import CoordinatorHome
from server.settings import CoordinatorSettings
from shared.errors import SettingsError


@dataclass(frozen=True)
class Accounts:
    """What pages, API and commands share.

    Attributes
    ----------
    folder : Path
        The coordinator's.
    federation : str
        Its name.
    address : str
        Where people open the dashboard; empty on this machine alone, which has several names.
    """

    folder: Path
    federation: str
    settings: AccountSettings
    store: AccountStore
    tokens: AccountTokens
    api_tokens: ApiTokens
    log: ActionLog
    address: str = ""
    limits: SignInLimits = field(default_factory=SignInLimits)

    def check_password(self, account: Account, password: str) -> None:
        """Refuse a password of an account that is easily found out.

        Raises
        ------
        WeakPasswordError
        """
        personal = (account.name, self.federation)
        check_password(password, self.settings.password_length, personal)

    def set_password(self, account: Account, password: str) -> None:
        """Give an account a password, if it is a good one.

        Raises
        ------
        WeakPasswordError
        SettingsError
            When the account signs in at an identity provider.
        """
        refuse_provider_account(account)
        self.check_password(account, password)
        self.store.set_password(account.name, password)


def refuse_provider_account(account: Account) -> None:
    """Refuse a password for somebody of whom the provider alone says whether they still may.

    Raises
    ------
    SettingsError
    """
    if account.issuer:
        raise SettingsError(
            f"{account.name} signs in at {account.issuer} and has no password here.",
            "Make an account of another name for somebody without that provider.",
        )


def open_accounts(home: CoordinatorHome) -> Accounts:
    """Open the accounts of a federation."""
    engine, settings = home.engine(), home.settings.accounts
    return Accounts(
        folder=home.path,
        federation=home.settings.name,
        settings=settings,
        store=AccountStore(engine),
        tokens=AccountTokens(engine, settings),
        api_tokens=ApiTokens(engine, settings),
        log=ActionLog(engine),
        address=_known_address(home.settings),
    )


def _known_address(settings: CoordinatorSettings) -> str:
    """Return the one address that people open; empty where this machine has several names."""
    shown = dashboard_of(settings)
    return settings.dashboard_address or (shown if shown.startswith("https:") else "")


def know_accounts(application: Starlette, accounts: Accounts) -> None:
    """Let requests of an application find the accounts: see `server.accounts.guard`."""
    application.state.accounts = accounts


def accounts_of(request: Request) -> Accounts:
    """Return the accounts that the request's application knows."""
    accounts: Accounts = request.app.state.accounts
    return accounts
