"""One thing that somebody should be told."""

from __future__ import annotations

import hashlib
from typing import Literal

from shared.settings_file import StrictModel

Kind = Literal[
    "run_failed",
    "run_partial",
    "hospital_silent",
    "sick_feed",
    "drift",
    "candidate_waits",
    "promoted",
    "rolled_back",
    "budget",
    "certificate",
    "service",
    "test",
]


class Notice(StrictModel):
    """What holds, and whom it concerns; of patients it says nothing.

    Attributes
    ----------
    kind : str
    subject : str
        What it is about, the same as long as it holds: told once.
    title, text : dict of str to str
        By language; a line, and some sentences.
    path : str
        Of the dashboard's page where it can be looked at or done.
    state : str
        What makes it another thing to tell: the words without times and counts that only grow.
    """

    kind: Kind
    subject: str
    title: dict[str, str]
    text: dict[str, str]
    path: str
    state: str = ""

    @property
    def fingerprint(self) -> str:
        """Changes where there is something new to tell."""
        return hashlib.sha256(f"{self.kind}\x1f{self.state}".encode()).hexdigest()
