"""The loop that looks after all parts of a service."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from shared.supervision.part import Part, PartState, now
from shared.supervision.report import own_report, write_report

STEP_SECONDS = 0.5


def look_after(home: Path, parts: Sequence[Part], warn: Callable[[str], None]) -> None:
    """Step all parts until one raises; keep the report of them up to date.

    Parameters
    ----------
    home : Path
        Folder of the service, where the report lies.
    """
    started, written, trouble = now(), dict[str, PartState](), ""
    while True:
        try:
            for part in parts:
                part.step()
            states = {part.name: part.state for part in parts}
            if states != written:
                write_report(home, own_report(started, states))
                written = states
            trouble = ""
        except OSError as error:
            # A full disk must not end what still works.
            if trouble != (trouble := f"The service is hindered: {error.strerror}."):
                warn(trouble)
        time.sleep(STEP_SECONDS)
