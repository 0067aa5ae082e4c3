"""The one event loop of this process on which all streams live.

gRPC hands the events of all loops of a process through one queue; a loop that closes while another
lives disturbs it. So there is one, in a thread of its own, for as long as the process.
"""

from __future__ import annotations

import asyncio
import functools
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

Result = TypeVar("Result")


@functools.cache
def event_loop() -> asyncio.AbstractEventLoop:
    """Return the running loop; the first call starts it."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="session", daemon=True).start()
    return loop


def start(coroutine: Coroutine[Any, Any, Result]) -> Future[Result]:
    """Run a coroutine on the loop; cancelling the future cancels it."""
    return asyncio.run_coroutine_threadsafe(coroutine, event_loop())


def soon(action: Callable[[], object]) -> None:
    """Run something on the loop's thread, without waiting for it."""
    event_loop().call_soon_threadsafe(action)


def do(action: Callable[[], Result], seconds: float = 10.0) -> Result:
    """Run something on the loop's thread; return what it returned."""

    async def run() -> Result:
        return action()

    return start(run()).result(seconds)
