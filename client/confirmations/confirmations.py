"""The confirmed diagnoses of a node."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import ColumnElement

from client.audit.entry import Entry
from client.audit.query import of_kind
from client.audit.reading import with_contents
from client.audit.store import AuditStore
from client.audit.tables import contents, entries
from client.audit.unavailable import told
from client.confirmations.beyond import Ranked, nothing_ranked
from client.confirmations.case import ConfirmedCase
from client.confirmations.checking import (
    Words,
    problem_of_answer,
    problem_of_code,
    problem_of_date,
    today,
)
from client.confirmations.confirmation import Confirmation
from client.confirmations.linking import answers_of, in_cases
from client.confirmations.pairs import pairs_of
from client.confirmations.performance import Performance, performance_of
from shared.contract import Contract
from shared.errors import DataError, Problem


class Confirmations:
    """What patients turned out to have, written where the answers are.

    Parameters
    ----------
    audit : AuditStore
    contract : Contract
    ranked : callable
        Returns the names of the diseases that are ranked here, by code.
    """

    def __init__(
        self, audit: AuditStore, contract: Contract, ranked: Ranked = nothing_ranked
    ) -> None:
        self.audit = audit
        self.contract = contract
        self.ranked = ranked

    def confirm(self, confirmation: Confirmation) -> ConfirmedCase:
        """Write one confirmation down; return all that is said about the case now.

        Raises
        ------
        DataError
            When the code, the answer or the date is none, with every problem.
        AuditUnavailableError
            When it cannot be written.
        """
        whole, problems = self.completed(confirmation)
        if problems:
            found = [
                Problem("confirmation", None, name, *words) for name, words in problems.items()
            ]
            raise DataError("This confirmation cannot be written down.", problems=found)
        self.write([whole])
        return next(each for each in self.cases_about(whole) if whole in each.history)

    def completed(self, confirmation: Confirmation) -> tuple[Confirmation, dict[str, Words]]:
        """Return a confirmation with its day and patient, and what is wrong by field."""
        answer = self.audit.get(confirmation.prediction) if confirmation.prediction else None
        whole = replace(
            confirmation,
            date=confirmation.date or today(),
            patient=confirmation.patient or (answer.patient if answer else ""),
        )
        found = {
            "diagnosis": problem_of_code(self.contract, whole.code, self.ranked),
            "date": problem_of_date(whole.date),
            "prediction": problem_of_answer(whole, answer),
        }
        return whole, {name: words for name, words in found.items() if words}

    def write(self, confirmations: Sequence[Confirmation]) -> None:
        """Write confirmations down that were checked: all of them or none."""
        drafts = [
            self.audit.sealed(
                Entry(
                    chain="",
                    kind="confirmation",
                    id=each.id,
                    time=each.time,
                    caller=each.who,
                    beside=each.prediction,
                ),
                each.patient,
                each.content(),
            )
            for each in confirmations
        ]
        self.audit.write(drafts)

    def cases(self) -> list[ConfirmedCase]:
        """Return all cases that anything was said about, the oldest first."""
        return self._in_cases(self._said())

    def cases_about(self, confirmation: Confirmation) -> list[ConfirmedCase]:
        """Return the cases of the same patient or answer."""
        if confirmation.patient:
            return self._in_cases(self._said(patient=confirmation.patient))
        return self._in_cases(self._said(entries.c.beside == confirmation.prediction))

    def case_of(self, prediction: str) -> ConfirmedCase | None:
        """Return what was said about one answer; None where nothing was."""
        answer = self.audit.get(prediction)
        if answer is None:
            return None
        wanted = Confirmation(code="", who="", prediction=prediction, patient=answer.patient)
        about = (each for each in self.cases_about(wanted) if each.prediction == prediction)
        return next(about, None)

    def performance(
        self, *, model: str = "", since: str = "", until: str = "", mode: str = "shown"
    ) -> Performance:
        """Return how good the answers of a time were, as far as diagnoses are confirmed.

        Parameters
        ----------
        model : str
            Version or digest, or how they begin; all models without it.
        since, until : str
            Of the answers; see `AuditQuery`.
        mode : {"shown", "shadow"}
            Shadow answers are held against what was said about the answer beside them.
        """
        pairs = pairs_of(self.audit, self.cases(), model=model, since=since, until=until, mode=mode)
        return performance_of(self.contract, pairs)

    def _said(self, *conditions: ColumnElement[bool], patient: str = "") -> list[Confirmation]:
        kind = of_kind("confirmation", patient)
        wanted = with_contents().where(*kind, contents.c.sealed.is_not(None), *conditions)
        ordered = wanted.order_by(entries.c.time, entries.c.id)
        with told(), self.audit.engine.connect() as connection:
            rows = connection.execute(ordered).mappings().all()
        vault = self.audit.vault
        return [
            Confirmation.of_content(dict(row), vault.open(row["id"], row["sealed"])) for row in rows
        ]

    def _in_cases(self, said: Sequence[Confirmation]) -> list[ConfirmedCase]:
        wanted = {each.patient for each in said if each.patient and not each.prediction}
        return in_cases(self.contract, answers_of(self.audit.engine, wanted), said)
