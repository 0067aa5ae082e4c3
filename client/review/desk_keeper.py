"""The desk that a page works at: records are read once, and again when that is needed."""

from __future__ import annotations

import threading

from client.home import NodeHome
from client.review.decisions import Rule
from client.review.desk import Desk
from client.review.items import read_items
from client.review.opening_desk import open_desk


class DeskKeeper:
    """Keeps a desk whose records are those that the queue was filled from.

    Parameters
    ----------
    home : NodeHome
    """

    def __init__(self, home: NodeHome) -> None:
        self._home = home
        self._lock = threading.Lock()
        self._desk: Desk | None = None
        self._read_for: tuple[object, ...] = ()

    def desk(self) -> Desk:
        """Return the desk; reads the records where the queue or a reading of codes changed.

        Raises
        ------
        BrokenReviewError, DataError, SettingsError
            When decisions were changed, or the records cannot be read.
        """
        with self._lock:
            if self._desk is None or self._needed(self._desk) != self._read_for:
                self._open()
            if self._desk is None:
                raise TypeError
            return self._desk

    def _open(self) -> None:
        if self._desk is not None:
            self._desk.engine.dispose()
        self._desk = open_desk(self._home)
        self._read_for = self._needed(self._desk)

    @staticmethod
    def _needed(desk: Desk) -> tuple[object, ...]:
        """Return what the records depend on beside the source."""
        codes = tuple(each for each in desk.overlay().rules if _reads_codes(each))
        return codes, frozenset(each.id for each in read_items(desk.engine))


def _reads_codes(rule: Rule) -> bool:
    return rule.when == "code"
