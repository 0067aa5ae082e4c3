"""What a confirmation must meet before it is written."""

from __future__ import annotations

from datetime import date, datetime

from client.audit.prediction import Recorded
from client.confirmations.beyond import DISEASE, Ranked
from client.confirmations.confirmation import Confirmation
from shared.contract import Contract

# What was expected, and the fix.
Words = tuple[str, str]


def today() -> str:
    """Return the day it is here."""
    return datetime.now().astimezone().date().isoformat()


def problem_of_code(contract: Contract, code: str, ranked: Ranked) -> Words | None:
    """Say what is wrong with a diagnosis; an empty one takes back what was said.

    Parameters
    ----------
    ranked : callable
        Returns the diseases that are ranked here, which may be no classes of the contract.
    """
    if not code or code in contract.classes:
        return None
    if DISEASE.fullmatch(code) and code in ranked():
        return None
    return (
        f"a class of the contract {contract.name} {contract.version}, or a disease of OMIM or "
        "Orphanet that is ranked here",
        "See the classes with `juntos node contract show`; search diseases on the clinic's page.",
    )


def problem_of_date(day: str) -> Words | None:
    """Say what is wrong with a day."""
    try:
        found = date.fromisoformat(day)
    except ValueError:
        return "a day as 2026-11-30", "Write year, month and day."
    if found.isoformat() > today():
        return "a day that has come", "Correct the date."
    return None


def problem_of_answer(confirmation: Confirmation, answer: Recorded | None) -> Words | None:
    """Say what is wrong with what it is about."""
    if not confirmation.prediction:
        if confirmation.patient:
            return None
        return "an answer's id or a patient", "Give either of the two."
    if answer is None:
        return "the id of an answer of this node", "Find it with `juntos node audit list`."
    if answer.mode != "shown":
        return "the id of an answer that was shown", f"Confirm {answer.beside} in its place."
    if confirmation.patient and answer.patient not in {"", confirmation.patient}:
        return "an answer about this patient", "Correct the answer's id or the patient."
    return None
