"""Addresses of the dashboard, as they stand in messages and on the terminal."""

from __future__ import annotations

from server.accounts.account import Account
from server.accounts.services import Accounts, refuse_provider_account
from server.addresses import dashboard_of
from server.settings import CoordinatorSettings


def dashboard_link(settings: CoordinatorSettings, path: str = "/") -> str:
    """Return the address of a page: where people open the dashboard, or else where it listens."""
    return (settings.dashboard_address or dashboard_of(settings)) + path


def password_link(accounts: Accounts, settings: CoordinatorSettings, account: Account) -> str:
    """Return a link with which somebody chooses a password, once; older ones of theirs end.

    Raises
    ------
    SettingsError
        When they sign in at an identity provider: it alone says whether they still may.
    """
    refuse_provider_account(account)
    return dashboard_link(settings, f"/sign-in/link/{accounts.tokens.link(account.name)}")
