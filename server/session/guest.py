"""A hospital on its way into the session, in it, and out of it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from enum import Enum

from server.session.attendee import Attendee

# A process that ends again and again is started less and less often.
FIRST_PAUSE_SECONDS = 2.0
LONGEST_PAUSE_SECONDS = 60.0
ON_ITS_WAY = "on its way"


class Standing(Enum):
    """Where a hospital stands."""

    INVITED = "invited"
    ATTENDING = "attending"
    AWAY = "away"  # its stream broke; it may open it again
    WITHOUT = "without"  # served by Flower's own messages
    GONE = "gone"  # its node or its process ended
    DISMISSED = "dismissed"  # a member no more


@dataclass
class Guest:
    """One invited hospital.

    Attributes
    ----------
    invitation : str
        Id of the Flower message that is out, or `ON_ITS_WAY`; empty when it was answered: then the
        process that attended has ended.
    times_invited : int
    opened : bool
        Whether this invitation led to a stream.
    reason : str
        Why it has no stream, in words.
    """

    attendee: Attendee
    standing: Standing = Standing.GONE
    invitation: str = ""
    times_invited: int = 0
    invited_at: float = 0.0
    opened: bool = False
    reason: str = ""

    @property
    def arriving(self) -> bool:
        """Whether a first answer to the first invitation is still to come."""
        return self.standing is Standing.INVITED and self.times_invited == 1

    def may_be_invited(self) -> bool:
        """Return whether it is time for another invitation."""
        if self.standing is not Standing.GONE:
            return False
        pause = min(FIRST_PAUSE_SECONDS * 2**self.times_invited, LONGEST_PAUSE_SECONDS)
        return not self.times_invited or time.monotonic() > self.invited_at + pause

    def about_to_be_invited(self) -> None:
        """Take note before it goes out: its stream may be open before its id is known here."""
        self.standing, self.invitation = Standing.INVITED, ON_ITS_WAY
        self.times_invited += 1
        self.invited_at, self.opened, self.reason = time.monotonic(), False, ""

    def invitation_failed(self) -> None:
        """Take note that it did not go out."""
        self.invitation = ""
        if self.standing is Standing.INVITED:
            self.standing, self.reason = Standing.GONE, "its invitation reached no SuperLink"

    def stream_changed(self) -> None:
        """Take note that the stream opened or ended."""
        if self.standing is Standing.DISMISSED:
            return
        if self.attendee.stream is not None:
            self.standing, self.opened, self.reason = Standing.ATTENDING, True, ""
        elif self.standing is Standing.ATTENDING:
            self.standing = Standing.AWAY if self.invitation else Standing.GONE

    def answered(self, reason: str, *, unavailable: bool) -> None:
        """Take note of the answer to the invitation: the hospital's process has ended.

        Parameters
        ----------
        reason : str
            What the hospital, or the SuperLink for it, said.
        unavailable : bool
            Whether the node itself is gone, not only its stream.
        """
        self.invitation = ""
        if self.standing is Standing.DISMISSED:
            return
        self.reason = reason
        if self.standing is Standing.ATTENDING:
            return  # an answer may overtake the stream's end
        never_opened = not self.opened and not unavailable
        self.standing = Standing.WITHOUT if never_opened else Standing.GONE

    def expire(self, join_timeout: float) -> None:
        """Do without a stream where none was opened in time."""
        if self.standing is Standing.INVITED and time.monotonic() > self.invited_at + join_timeout:
            self.standing = Standing.WITHOUT
            self.reason = f"opened no stream within {join_timeout:.0f} s"
