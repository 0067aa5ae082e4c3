"""Ending when the process that started this one is gone."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable

LOOK_SECONDS = 2.0


def when_parent_ends(then: Callable[[], None]) -> None:
    """Call something once the parent is gone, also where the kernel does not say so."""
    parent = os.getppid()

    def look() -> None:
        while os.getppid() == parent:
            time.sleep(LOOK_SECONDS)
        then()

    threading.Thread(target=look, name="juntos-parent", daemon=True).start()
