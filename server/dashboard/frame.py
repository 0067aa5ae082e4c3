"""What every page of the dashboard has: who reads it, its words, and where it stands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import Depends, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from server.accounts.account import Account
from server.accounts.guard import SESSION_COOKIE, current_account, require
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
    ("notices", "/notices"),
)
ADMINISTRATION = (("people", "/people"),)

own_form = OwnForm(SESSION_COOKIE)
Viewer = Annotated[Account, Depends(current_account)]
Coordinator = Annotated[Account, Depends(require("coordinator"))]
Administrator = Annotated[Account, Depends(require("administrator"))]
# Of whatever changes something: a form of this session, sent by somebody who may.
COORDINATES: Sequence[object] = (Depends(require("coordinator")), Depends(own_form))
ADMINISTERS: Sequence[object] = (Depends(require("administrator")), Depends(own_form))


class Dashboard:
    """Makes the pages of one federation.

    Parameters
    ----------
    home : CoordinatorHome
    pages : Pages
    """

    def __init__(self, home: CoordinatorHome, pages: Pages) -> None:
        self.home = home
        self.engine = home.engine()
        self._pages = pages

    def wording(self, request: Request) -> Wording:
        """Return the wording of the reader's language."""
        return Wording(self._pages.words(request))

    def show(self, request: Request, name: str, status: int = 200, **context: object) -> Response:
        """Return one of the pages."""
        filled = self._filled(request, name, context)
        return self._pages.page(request, f"{PACKAGE}/{name}.html", status, **filled)

    def part(self, request: Request, name: str, **context: object) -> Response:
        """Return a part of a page, which takes the place of the one that the reader sees."""
        filled = self._filled(request, name, context)
        text = self._pages.part(request, f"{PACKAGE}/{name}.html", **filled)
        return Response(text, media_type="text/html; charset=utf-8")

    def _filled(self, request: Request, name: str, context: dict[str, object]) -> dict[str, object]:
        account = current_account(request)
        sections = SECTIONS + (ADMINISTRATION if account.may("administrator") else ())
        return {
            "wording": self.wording(request),
            "account": account,
            "coordinates": account.may("coordinator"),
            "sections": sections,
            "section": name,
            "done": request.query_params.get("done", ""),
            **context,
        }


def to(request: Request, path: str) -> Response:
    """Lead a browser on after a form."""
    return RedirectResponse(request.scope.get("root_path", "") + path, SEE_OTHER)
