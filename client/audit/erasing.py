"""Forgetting what was asked, answered and confirmed about one patient."""

from __future__ import annotations

from client.audit.opening import open_audit
from client.home import NodeHome


class AnswerStore:
    """The audit store of a node, as a store of what may be a patient's.

    That somebody asked, and when, stays: the chains are whole without what was asked and answered.

    Parameters
    ----------
    home : NodeHome
    """

    name = "answers and confirmed diagnoses"

    def __init__(self, home: NodeHome) -> None:
        self._home = home

    def erase(self, patient: str) -> int:
        """Take away what is there of a patient, and return how much; what is gone already is 0.

        Parameters
        ----------
        patient : str
            The patient's pseudonym.
        """
        store = open_audit(self._home)
        try:
            return store.erase(patient)
        finally:
            store.close()
