"""Filling in templates: every page has the same frame, and says everything in one language."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import metadata

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, PrefixLoader, StrictUndefined

from shared.web.security import form_token
from shared.web.words import LANGUAGES, Words, best_language, words_of

LANGUAGE_COOKIE = "juntos_language"


class Pages:
    """Makes the pages of one site.

    Parameters
    ----------
    place : str
        The hospital or federation, shown on every page: a reader may have several open.
    packages : sequence of str
        With folders ``templates`` and ``words``, `shared.web` first. A message of a later one
        takes the place of an earlier one's.
    session_cookie : str
        Name of the cookie that the forms of a session belong to. Browsers send cookies to every
        port of a machine, so each site has a name of its own.
    frame : str
        Template that pages which belong to no part, such as those of problems, extend.
    common : callable, optional
        Returns what all pages of the site speak of, for a request.
    """

    def __init__(
        self,
        place: str,
        packages: Sequence[str],
        session_cookie: str,
        frame: str = "shared.web/base.html",
        common: Callable[[Request], Mapping[str, object]] | None = None,
    ) -> None:
        self.packages = tuple(packages)
        self._place = place
        self._session_cookie = session_cookie
        self._frame_template = frame
        self._common = common or (lambda _request: {})
        self._version = metadata.version("juntos")
        # Templates of a package are found under its name: ``shared.web/base.html``.
        self._templates = Environment(
            loader=PrefixLoader({name: PackageLoader(name) for name in self.packages}),
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
        words = self.words(request)
        text = self.part(request, template, **context)
        return HTMLResponse(text, status, headers={"Content-Language": words.language})

    def part(self, request: Request, template: str, **context: object) -> str:
        """Return the text of a page, or of a part of one that takes the place of an older one."""
        filled = {**self._frame(request), **context}
        return self._templates.get_template(template).render(filled)

    def words(self, request: Request) -> Words:
        """Return the words of the reader's language."""
        return words_of(wanted_language(request), self.packages)

    def _frame(self, request: Request) -> Mapping[str, object]:
        session = request.cookies.get(self._session_cookie, "")
        # Before who reads is asked for: it may be what finds that out.
        common = self._common(request)
        return {
            **common,
            "frame": self._frame_template,
            "words": self.words(request),
            "languages": LANGUAGES,
            "place": self._place,
            "version": self._version,
            "reader": getattr(request.state, "reader", ""),
            "form_token": form_token(session),
            "base": request.scope.get("root_path", ""),
            "here": request.url.path + (f"?{request.url.query}" if request.url.query else ""),
        }


def wanted_language(request: Request) -> str:
    """Return the language that a reader chose, or else what their browser asks for."""
    wanted = request.cookies.get(LANGUAGE_COOKIE, "")
    return best_language(wanted, request.headers.get("accept-language", ""))
