"""Entries that only grow in number: each holds the hash of the one before."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Self, TypeVar

from shared.errors import JuntosError

BEGINNING = "0" * 64
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True)


@dataclass(frozen=True, kw_only=True)
class Link:
    """What ties an entry to the one before.

    Attributes
    ----------
    number : int
        1, 2, 3 without gaps; 0 before the entry is in its chain.
    time : str
        UTC, ISO 8601; never before that of an earlier entry.
    previous_hash, hash : str
        SHA-256 of the entry before (64 zeros before the first), and of this one's other fields.
    """

    number: int = 0
    time: str = ""
    previous_hash: str = BEGINNING
    hash: str = ""

    def content_hash(self) -> str:
        """Return the SHA-256 of the canonical JSON of all fields but the hash itself."""
        # All values are plain, so nothing has to be copied.
        content = {name: getattr(self, name) for name in self.__dataclass_fields__}
        del content["hash"]
        return hashlib.sha256(_CANONICAL.encode(content).encode("ascii")).hexdigest()

    def after(self, last: Self | None, time: str) -> Self:
        """Return this entry as it follows the last one."""
        placed = self.with_fields(
            number=last.number + 1 if last else 1,
            time=max(time, last.time) if last else time,
            previous_hash=last.hash if last else BEGINNING,
        )
        return placed.with_fields(hash=placed.content_hash())

    def with_fields(self, **fields: object) -> Self:
        """Return this entry with other values of some fields.

        As `dataclasses.replace`, which sets each field by itself and takes ten times as long.
        """
        other = object.__new__(type(self))
        vars(other).update(vars(self), **fields)
        return other

    def follows(self, last: Self | None) -> bool:
        """Return whether this is an entry as it was written after the last one."""
        before = self.previous_hash == (last.hash if last else BEGINNING)
        place = self.number == (last.number + 1 if last else 1)
        in_time = last is None or self.time >= last.time
        return before and place and in_time and self.hash == self.content_hash()


AnyLink = TypeVar("AnyLink", bound=Link)


def refuse_broken_chain(
    entries: Iterable[AnyLink],
    error: Callable[[int], JuntosError],
    before: AnyLink | None = None,
) -> AnyLink | None:
    """Check that each entry is what was written, after what was written before; return the last.

    Entries cut from the end leave a whole chain: keep the hash of the last one elsewhere.

    Parameters
    ----------
    error : callable
        Makes what is raised of the number of the first entry that is not what was written.
    before : Link, optional
        The one before the first; the beginning without it.
    """
    last = before
    for entry in entries:
        if not entry.follows(last):
            raise error(last.number + 1 if last else 1)
        last = entry
    return last
