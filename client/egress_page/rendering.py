"""The page as HTML, all in one text: no network, nothing that is loaded."""

from __future__ import annotations

from importlib import resources

from markupsafe import Markup

from client.egress_page.content import EgressContent
from client.egress_page.figures import NARROW, WIDE, budget_bar, spending_curve
from client.egress_page.telling import MARKS, Telling
from shared.pages.page import environment, style
from shared.pages.words import Catalogue

PACKAGE = "client.egress_page"


def render(content: EgressContent) -> str:
    """Return the page."""
    say = Catalogue(PACKAGE)
    page = environment(PACKAGE).get_template("egress.html")
    return page.render(
        title=say("title", hospital=content.hospital),
        kicker=say("kicker"),
        facts=Telling(content, say).facts(),
        css=style() + _own("egress.css"),
        script=_own("egress.js"),
        say=say,
        tell=Telling(content, say),
        content=content,
        outcomes=MARKS,
        figures=[
            (size, [budget_bar(content, say, width), spending_curve(content, say, width)])
            for size, width in (("broad", WIDE), ("slim", NARROW))
        ],
    )


def _own(name: str) -> Markup:
    file = resources.files(PACKAGE) / "templates" / name
    return Markup(file.read_text(encoding="utf-8"))  # noqa: S704 - ours, and nothing else's
