"""What every page of the dashboard has: who reads it, its words, and where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import Depends, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from server.accounts.account import Account
from server.accounts.guard import SESSION_COOKIE, NotSignedInError, current_account, require
from server.dashboard.figures.sparkline import sparkline
from server.dashboard.wording import Wording
from server.home import CoordinatorHome
from shared.web.choosing_language import SEE_OTHER
from shared.web.pages import Pages
from shared.web.security import OwnForm

PACKAGE = "server.dashboard"
# Later ones' messages take the place of earlier ones'.
PACKAGES = ("shared.web", "server.accounts", PACKAGE)
# The pages that the navigation leads to, with their paths.
SECTIONS = (
    ("glance", "/"),
    ("runs", "/runs"),
    ("results", "/results"),
    ("models", "/models"),
    ("drift", "/drift"),
    ("hospitals", "/hospitals"),
    ("schedule", "/schedule"),
    ("records", "/records"),
)
ADMINISTRATION = (("people", "/people"),)

own_form = OwnForm(SESSION_COOKIE)
Viewer = Annotated[Account, Depends(current_account)]
Coordinator = Annotated[Account, Depends(require("coordinator"))]


class Dashboard:
    """Makes the pages of one federation.

    Parameters
    ----------
    home : CoordinatorHome
    """

    def __init__(self, home: CoordinatorHome) -> None:
        self.home = home
        self.engine = home.engine()
        frame = f"{PACKAGE}/frame.html"
        self.pages = Pages(home.settings.name, PACKAGES, SESSION_COOKIE, frame, self._common)

    def wording(self, request: Request) -> Wording:
        """Return the wording of the reader's language."""
        return Wording(self.pages.words(request))

    def show(self, request: Request, name: str, status: int = 200, **context: object) -> Response:
        """Return one of the pages."""
        return self.pages.page(
            request, f"{PACKAGE}/{name}.html", status, **{"section": name, **context}
        )

    def part(self, request: Request, name: str, **context: object) -> Response:
        """Return a part of a page, which takes the place of the one that the reader sees."""
        text = self.pages.part(request, f"{PACKAGE}/{name}.html", **context)
        return Response(text, media_type="text/html; charset=utf-8")

    def _common(self, request: Request) -> Mapping[str, object]:
        try:
            account: Account | None = current_account(request)
        except NotSignedInError:
            account = None
        administers = account is not None and account.may("administrator")
        return {
            "wording": self.wording(request),
            "account": account,
            "coordinates": account is not None and account.may("coordinator"),
            "sections": SECTIONS + (ADMINISTRATION if administers else ()),
            "section": "",
            "sparkline": sparkline,
            "done": request.query_params.get("done", ""),
        }


def to(request: Request, path: str) -> Response:
    """Lead a browser on after a form."""
    return RedirectResponse(request.scope.get("root_path", "") + path, SEE_OTHER)
