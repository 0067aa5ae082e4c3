"""Reports that are pages by themselves, shown among a site's pages."""

from __future__ import annotations

import base64
import hashlib
import re

from starlette.responses import HTMLResponse

from shared.web.security import HEADERS


def standalone(page: str, address: str, back: str, language: str) -> HTMLResponse:
    """Return a report as a page in the reader's language, with a way back.

    Parameters
    ----------
    address : str
        Where the way leads.
    back : str
        What it says, in the language.
    """
    whole = with_way_back(spoken(page, language), address, back)
    return HTMLResponse(whole, headers={"Content-Security-Policy": policy_of(whole)})


def spoken(page: str, language: str) -> str:
    """Return the page with the language chosen that the reader has; it holds all of them."""
    chosen = page.replace('id="language-en" checked', 'id="language-en"')
    chosen = chosen.replace(f'id="language-{language}"', f'id="language-{language}" checked')
    return chosen.replace('<html lang="en">', f'<html lang="{language}">', 1)


def with_way_back(page: str, address: str, text: str) -> str:
    """Return the page with a link to the other pages above everything."""
    # Browsers ask for an icon where a page names none.
    page = page.replace("</head>", '<link rel="icon" href="data:,"></head>', 1)
    link = f'<p class="back"><a href="{address}">{text}</a></p>'
    return re.sub(r"(<body[^>]*>)", lambda found: found[1] + link, page, count=1)


def policy_of(page: str) -> str:
    """Return a content policy that allows the styles and scripts of this page and no others."""
    styles = _hashes(re.findall(r"<style[^>]*>(.*?)</style>", page, re.DOTALL))
    scripts = _hashes(re.findall(r"<script[^>]*>(.*?)</script>", page, re.DOTALL))
    policy = HEADERS["Content-Security-Policy"]
    policy = policy.replace("style-src 'self'", f"style-src 'self' {styles}")
    return policy.replace("script-src 'self'", f"script-src 'self' {scripts}")


def _hashes(texts: list[str]) -> str:
    digests = (hashlib.sha256(each.encode()).digest() for each in texts)
    return " ".join(f"'sha256-{base64.b64encode(each).decode()}'" for each in digests)
