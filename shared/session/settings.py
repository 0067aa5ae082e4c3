"""How a run reaches its hospitals."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from shared.settings_file import StrictModel

Transport = Literal["session", "flower"]


class SessionSettings(StrictModel):
    """Settings of the session: one stream per hospital for a whole run.

    Attributes
    ----------
    connect_timeout : float
        Seconds a hospital tries to open its stream; then Flower's own messages serve it.
    reconnect_timeout : float
        Seconds it tries when the stream broke later.
    maximum_message_megabytes : float
        Size (10^6 bytes) over which a question or an answer is refused.
    compress : bool
        Whether messages are compressed where that makes them smaller.
    """

    connect_timeout: float = Field(default=20, gt=0)
    reconnect_timeout: float = Field(default=120, ge=0)
    maximum_message_megabytes: float = Field(default=500, gt=0, le=1900)
    compress: bool = True

    @property
    def maximum_message_bytes(self) -> int:
        """The limit in bytes."""
        return int(self.maximum_message_megabytes * 1_000_000)
