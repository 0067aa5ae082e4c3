"""The page of accounts and tokens, as every step on it shows it again."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request
from starlette.responses import Response

from server.accounts.roles import ROLES
from server.accounts.services import accounts_of
from server.dashboard.frame import Dashboard
from shared.errors import JuntosError


@dataclass(frozen=True)
class ShownOnce:
    """A secret that is shown now and never again.

    Attributes
    ----------
    name : str
        Of the account, or the token.
    link, token : str
        One of them.
    """

    name: str
    link: str = ""
    token: str = ""


NOTHING = ShownOnce("")


def people_page(
    dashboard: Dashboard,
    request: Request,
    status: int = 200,
    error: JuntosError | None = None,
    once: ShownOnce = NOTHING,
) -> Response:
    """Show who may sign in, and which programs may ask."""
    accounts = accounts_of(request)
    return dashboard.show(
        request,
        "people",
        status,
        accounts=accounts.store.all(),
        tokens=[each for each in accounts.api_tokens.all() if each.state == "active"],
        roles=ROLES,
        error=error,
        once=once,
        hours=accounts.settings.link_hours,
        longest=accounts.settings.token_days,
    )
