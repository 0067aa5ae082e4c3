"""Filling in templates: every page has the same frame, and says everything in one language."""

from __future__ import annotations

from importlib import metadata

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, PrefixLoader, StrictUndefined

from client.web.security import form_token
from client.web.words import LANGUAGES, PACKAGES, Words, best_language, words_of

SESSION_COOKIE = "juntos_session"
LANGUAGE_COOKIE = "juntos_language"


class Pages:
    """Makes pages.

    Parameters
    ----------
    hospital : str
        Shown on every page: a reader may have several hospitals open.
    """

    def __init__(self, hospital: str) -> None:
        self._hospital = hospital
        self._version = metadata.version("juntos")
        # Templates of a package are found under its name: ``client.web/base.html``.
        self._templates = Environment(
            loader=PrefixLoader({name: PackageLoader(name) for name in PACKAGES}),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def page(
        self, request: Request, template: str, status: int = 200, **context: object
    ) -> HTMLResponse:
        """Return a page.

        Parameters
        ----------
        template : str
            ``PACKAGE/FILE``.
        context
            What the template speaks of, beside what all pages have: ``words``, ``reader``,
            ``form_token``, ``base`` (where the application is mounted).
        """
        words = language_of(request)
        session = request.cookies.get(SESSION_COOKIE, "")
        frame = {
            "words": words,
            "languages": LANGUAGES,
            "hospital": self._hospital,
            "version": self._version,
            "reader": getattr(request.state, "reader", ""),
            "form_token": form_token(session),
            "base": request.scope.get("root_path", ""),
            "here": request.url.path + (f"?{request.url.query}" if request.url.query else ""),
        }
        text = self._templates.get_template(template).render({**frame, **context})
        return HTMLResponse(text, status, headers={"Content-Language": words.language})


def language_of(request: Request) -> Words:
    """Return the words of the reader's language."""
    wanted = request.cookies.get(LANGUAGE_COOKIE, "")
    return words_of(best_language(wanted, request.headers.get("accept-language", "")))
