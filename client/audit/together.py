"""Answers that one turn of the event loop gave, written down together."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from contextlib import suppress

from client.audit.chain_writer import ChainWriter, Tell, Waiting
from client.audit.entry import Draft
from client.audit.errors import AuditUnavailableError


class Together(threading.local):
    """Gathers what the tasks of one loop have to write, and hands it to the chain's writer.

    Whatever is ready to be answered is answered before the disk is waited for: tasks that are
    ready at the same time share one commit. Each thread, and so each loop, gathers its own.

    Parameters
    ----------
    writer : ChainWriter
    """

    def __init__(self, writer: ChainWriter) -> None:
        self._writer = writer
        self._gathered: list[Waiting] = []

    async def write(self, drafts: Sequence[Draft]) -> None:
        """Return once entries are on the disk; other tasks go on meanwhile.

        Raises
        ------
        AuditUnavailableError
            When they may not be there.
        """
        loop = asyncio.get_running_loop()
        written: asyncio.Future[None] = loop.create_future()
        self._gathered.append(Waiting(drafts, _telling(loop, written)))
        if len(self._gathered) == 1:
            # After all tasks that are ready now.
            loop.call_soon(self._hand_over)
        await written

    def _hand_over(self) -> None:
        gathered, self._gathered = self._gathered, []
        self._writer.write_soon(gathered)


def _telling(loop: asyncio.AbstractEventLoop, written: asyncio.Future[None]) -> Tell:
    def tell(error: AuditUnavailableError | None) -> None:
        # Whoever asked may be gone, and with it the loop.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(_settle, written, error)

    return tell


def _settle(written: asyncio.Future[None], error: AuditUnavailableError | None) -> None:
    if written.done():
        return
    if error is None:
        written.set_result(None)
    else:
        written.set_exception(error)
