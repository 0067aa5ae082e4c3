"""Forgetting what was asked and decided about one patient."""

from __future__ import annotations

from client.home import NodeHome
from client.review.book import Book
from client.review.opening import open_database


class ReviewStore:
    """The review of a node, as a store of what may be a patient's.

    Who decided, and when, stays: the chain of entries is whole without their contents.

    Parameters
    ----------
    home : NodeHome
    """

    name = "decisions and questions of the review"

    def __init__(self, home: NodeHome) -> None:
        self._home = home

    def erase(self, patient: str) -> int:
        """Take away what is there of a patient, and return how much; what is gone already is 0.

        Parameters
        ----------
        patient : str
            The patient's pseudonym.
        """
        engine = open_database(self._home)
        try:
            return Book(engine).erase([patient])
        finally:
            engine.dispose()
