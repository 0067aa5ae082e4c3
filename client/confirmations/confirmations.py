"""The confirmed diagnoses of a node."""

from __future__ import annotations

from pathlib import Path

from client.audit.store import AuditStore
from client.confirmations.confirmation import Confirmation, ConfirmedCase
from client.confirmations.performance import Performance
from shared.contract import Contract


class Confirmations:
    """What patients turned out to have, written where the answers are.

    Parameters
    ----------
    audit : AuditStore
    contract : Contract
    """

    def __init__(self, audit: AuditStore, contract: Contract) -> None:
        self.audit = audit
        self.contract = contract

    def confirm(self, confirmation: Confirmation) -> ConfirmedCase:
        """Write one confirmation down; return all that is said about the case now.

        Raises
        ------
        DataError
            When the code, the answer or the date is none, with every problem.
        AuditUnavailableError
            When it cannot be written.
        """
        raise NotImplementedError

    def import_file(self, path: Path, *, who: str, source: str = "") -> list[ConfirmedCase]:
        """Write down a CSV file of confirmations: all of them or none.

        Raises
        ------
        DataError
            With every problem by row.
        """
        raise NotImplementedError

    def cases(self) -> list[ConfirmedCase]:
        """Return all cases that anything was said about, the oldest first."""
        raise NotImplementedError

    def case_of(self, prediction: str) -> ConfirmedCase | None:
        """Return what was said about one answer."""
        raise NotImplementedError

    def performance(
        self, *, model: str = "", since: str = "", until: str = "", mode: str = "shown"
    ) -> Performance:
        """Return how good the answers of a time were, as far as diagnoses are confirmed."""
        raise NotImplementedError
