"""Whether a search's pages go in a circle."""

from __future__ import annotations

import hashlib

from client.sources.fhir.decoding import identity
from client.sources.fhir.resources import Bundle
from shared.errors import DataError

EMPTY_PAGES = 100
FIX = (
    "The server's paging is broken; tell its administrator. Exporting files ($export) and reading "
    "those is a way around."
)


class PageLoops:
    """Remembers the pages of one search, by digests of their addresses and of their ids.

    Parameters
    ----------
    search : str
        What errors call the search.
    """

    def __init__(self, search: str) -> None:
        self._search = search
        self._addresses: set[bytes] = set()
        self._contents: set[bytes] = set()
        self._empty = 0

    def visit(self, url: str) -> None:
        """Refuse an address that was asked for before.

        Raises
        ------
        DataError
            When it was.
        """
        if not _is_new(url.encode(), self._addresses):
            raise DataError(f"{self._search} goes in a circle: a page comes again.", FIX)

    def look_at(self, bundle: Bundle) -> None:
        """Refuse a page whose resources all came on one page before, in whatever order.

        Raises
        ------
        DataError
            When they did, or nothing but empty pages comes.
        """
        named = (each.fullUrl or identity(each.resource) for each in bundle.entry)
        found = sorted(name for name in named if name)
        self._empty = 0 if found else self._empty + 1
        if self._empty > EMPTY_PAGES:
            raise DataError(f"{self._search} has {EMPTY_PAGES} empty pages in a row.", FIX)
        if found and not _is_new("\n".join(found).encode(), self._contents):
            raise DataError(f"{self._search} goes in a circle: the same resources come again.", FIX)


def _is_new(content: bytes, seen: set[bytes]) -> bool:
    digest = hashlib.blake2b(content, digest_size=16).digest()
    if digest in seen:
        return False
    seen.add(digest)
    return True
