"""The headers of answers to programs."""

from __future__ import annotations

from shared.web.security import HEADERS

# No page is made of these answers, so nothing may be loaded by one.
OWN_HEADERS = {
    **HEADERS,
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}
