"""What can forget one patient."""

from __future__ import annotations

from typing import Protocol


class Erasable(Protocol):
    """A store of the node that may hold something of a patient.

    Register one in `client.erasable_stores`.
    """

    @property
    def name(self) -> str:
        """What a person calls what it holds, in the plural."""

    def erase(self, patient: str) -> int:
        """Take away what is there of a patient, and return how much; what is gone already is 0.

        Parameters
        ----------
        patient : str
            The patient's pseudonym, see `client.sources.pseudonyms`.
        """
