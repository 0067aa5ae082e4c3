"""Bytes that went to hospitals and came from them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Traffic:
    """Running totals.

    Attributes
    ----------
    sent, received : int
        Of streams: the frames as they travelled. Of Flower's own messages: the records' content.
    """

    sent: int = 0
    received: int = 0
