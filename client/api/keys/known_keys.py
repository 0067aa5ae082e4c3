"""The keys in memory, so that a request does not wait for the database."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

import anyio.to_thread
from sqlalchemy.exc import SQLAlchemyError

from client.api.keys.key_book import ApiKey, KeyBook, digest_of

# A key that is revoked, or new, is so within this many seconds.
FRESH_SECONDS = 2.0


class KnownKeys:
    """The keys in use, as the database had them a moment ago.

    Parameters
    ----------
    book : KeyBook
    fresh_seconds : float
        How long they are used before they are read again.
    """

    def __init__(self, book: KeyBook, fresh_seconds: float = FRESH_SECONDS) -> None:
        self._book = book
        self._fresh_seconds = fresh_seconds
        self._keys: dict[str, ApiKey] = {}
        self._read_at = float("-inf")
        self._reading: asyncio.Task[None] | None = None

    async def find(self, token: str) -> ApiKey | None:
        """Return the key of a token; None where it is none.

        Raises
        ------
        SQLAlchemyError
            When the keys must be read and cannot be.
        """
        age = time.monotonic() - self._read_at
        if age > self._fresh_seconds:
            await self._read()
        elif age > self._fresh_seconds / 2 and (self._reading is None or self._reading.done()):
            # Beside requests, so that where many come none waits for it.
            self._reading = asyncio.create_task(self._read_beside())
        return self._keys.get(digest_of(token))

    async def _read_beside(self) -> None:
        # Where it goes on failing, the keys grow old, and whoever asks next is told.
        with suppress(SQLAlchemyError):
            await self._read()

    async def _read(self) -> None:
        begun = time.monotonic()
        keys = await anyio.to_thread.run_sync(self._book.in_use)
        if begun > self._read_at:
            self._keys, self._read_at = keys, begun
