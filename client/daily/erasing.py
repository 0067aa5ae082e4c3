"""Forgetting one patient in what the daily job keeps."""

from __future__ import annotations

from client.daily.record_book import RecordBook
from client.home import NodeHome


class DailyRecords:
    """The records that the daily job picked up, and its reports, as a store of what is a patient's.

    Parameters
    ----------
    home : NodeHome
    """

    name = "records of the daily job"

    def __init__(self, home: NodeHome) -> None:
        self._home = home

    def erase(self, patient: str) -> int:
        """Take away what is there of a patient, and return how much; what is gone already is 0.

        Reports that spoke of the patient are written anew without.

        Parameters
        ----------
        patient : str
            The patient's pseudonym.
        """
        from client.audit.opening import open_audit
        from client.daily.report import write_report

        audit = open_audit(self._home)
        try:
            days = RecordBook(audit.engine).forget(patient)
            for day in sorted(set(days)):
                write_report(self._home, audit, day)
        finally:
            audit.close()
        return len(days)
