"""A person's approval of a model, after reading its review."""

from __future__ import annotations

import datetime

from pydantic import Field

from shared.settings_file import StrictModel


class Approval(StrictModel):
    """One person's approval.

    Attributes
    ----------
    name : str
        As in `acceptance.toml`, so that both can be matched.
    role : str
    date : date
        Written in ISO 8601, such as ``2026-03-14``.
    comment : str
    """

    name: str = Field(min_length=1)
    role: str = ""
    date: datetime.date
    comment: str = ""
