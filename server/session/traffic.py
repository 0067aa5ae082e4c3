"""Bytes that went to hospitals and came from them."""

from __future__ import annotations

from dataclasses import dataclass

from flwr.app import Message


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


def content_size(message: Message) -> int:
    """Return the bytes of a message's records; 0 for an error."""
    if not message.has_content():
        return 0
    return sum(record.count_bytes() for record in message.content.values())
