"""A notice in the receiver's language, ready to be sent."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Message:
    """What a receiver gets.

    Attributes
    ----------
    id : str
        The same at every try.
    kind, subject : str
        As in `server.notifications.notice.Notice`.
    title, text : str
    address : str
        Of the page where it can be looked at or done.
    federation : str
    made_at : str
        UTC, ISO 8601.
    language : str
    """

    id: str
    kind: str
    subject: str
    title: str
    text: str
    address: str
    federation: str
    made_at: str
    language: str
