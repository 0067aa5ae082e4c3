"""What every request passes, and the headers of the node's answers."""

from shared.http.frame import Exchange, Frame, Largest, Observer, too_large
from shared.http.own_headers import OWN_HEADERS

__all__ = ["OWN_HEADERS", "Exchange", "Frame", "Largest", "Observer", "too_large"]
