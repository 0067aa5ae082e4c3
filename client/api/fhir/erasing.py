"""Forgetting what waits for the FHIR server about one patient."""

from __future__ import annotations

from sqlalchemy import delete

from client.api.tables import write_backs
from client.home import NodeHome
from client.privacy.database import database_url
from client.privacy.tables import SCHEMA


class WaitingAnswers:
    """The queue to the FHIR server, as a store of what may be a patient's.

    Parameters
    ----------
    home : NodeHome
    """

    name = "answers that wait for the FHIR server"

    def __init__(self, home: NodeHome) -> None:
        self._home = home

    def erase(self, patient: str) -> int:
        """Take away what is there of a patient, and return how much; what is gone already is 0.

        Parameters
        ----------
        patient : str
            The patient's pseudonym.
        """
        engine = SCHEMA.open(database_url(self._home))
        try:
            with engine.begin() as connection:
                chosen = delete(write_backs).where(write_backs.c.patient == patient)
                return connection.execute(chosen).rowcount
        finally:
            engine.dispose()
