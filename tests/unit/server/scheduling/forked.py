"""A function in a process of its own, without the seconds that imports take."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable


def forked(act: Callable[[], None]) -> int:
    """Start; return the process."""
    process = os.fork()
    if process:
        return process
    code = 1
    try:
        act()
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        # Nothing of pytest's is cleaned up here.
        os._exit(code)


def ended(process: int) -> int:
    """Wait; return the exit code, negative for a signal."""
    _, status = os.waitpid(process, 0)
    return os.waitstatus_to_exitcode(status)
