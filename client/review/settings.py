"""How records are reviewed here: ``review.toml`` in the node's folder."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from shared.settings_file import StrictModel, load

REVIEW_FILE = "review.toml"


class ReviewSettings(StrictModel):
    """The content of ``review.toml``; the defaults are those of a node without the file.

    Attributes
    ----------
    readers : int
        1, or 2: every question is answered by two who do not see each other's answer, and by a
        third where they disagree.
    session_hours : float
        After which a reader signs in again.
    invitation_hours : float
        For which a link signs in, once.
    similar_cases : int
        Shown beside a record.
    """

    readers: Literal[1, 2] = 1
    session_hours: float = Field(default=8, gt=0, le=24)
    invitation_hours: float = Field(default=24, gt=0, le=24 * 30)
    similar_cases: int = Field(default=4, ge=1, le=10)


def read_settings(folder: Path) -> ReviewSettings:
    """Read a node's review settings.

    Raises
    ------
    SettingsError
        When the file is there and wrong.
    """
    path = folder / REVIEW_FILE
    return load(ReviewSettings, path) if path.exists() else ReviewSettings()
