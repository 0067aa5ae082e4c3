"""A sign-off given in advance for what the loop trains, within limits and until a day."""

from __future__ import annotations

import datetime

from pydantic import Field

from shared.settings_file import StrictModel


class StandingSignOff(StrictModel):
    """One person's.

    Attributes
    ----------
    id : int
    name : str
        As in `acceptance.toml`, so that both can be matched.
    given_at : str
        ISO 8601, UTC.
    ends_on : date
        The last day on which it holds.
    largest_class_drop : float
        It does not cover a challenger that finds any class less often by more.
    least_gain : float
        Nor one that is right more often by less.
    withdrawn_at : str or None
    """

    id: int
    name: str = Field(min_length=1)
    role: str = ""
    given_at: str
    ends_on: datetime.date
    largest_class_drop: float = Field(ge=0, le=1)
    least_gain: float = Field(ge=-1, le=1)
    comment: str = ""
    withdrawn_at: str | None = None

    def holds_on(self, day: datetime.date) -> bool:
        """Whether it may be used on a day."""
        return self.withdrawn_at is None and day <= self.ends_on
