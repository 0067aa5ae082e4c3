"""What every request passes, and the headers of the node's answers."""

from shared.http.frame import Exchange, Frame, Largest, Observer, too_large
from shared.web.security import HEADERS

__all__ = ["OWN_HEADERS", "Exchange", "Frame", "Largest", "Observer", "too_large"]

# No page is made of these answers, so nothing may be loaded by one.
OWN_HEADERS = {
    **HEADERS,
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}
