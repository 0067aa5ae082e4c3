"""The keys in memory, so that a request does not wait for the database."""

from __future__ import annotations

import time

import anyio.to_thread

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

    async def find(self, token: str) -> ApiKey | None:
        """Return the key of a token; None where it is none.

        Raises
        ------
        SQLAlchemyError
            When the keys must be read and cannot be.
        """
        if time.monotonic() - self._read_at > self._fresh_seconds:
            begun = time.monotonic()
            self._keys = await anyio.to_thread.run_sync(self._book.in_use)
            self._read_at = begun
        return self._keys.get(digest_of(token))
