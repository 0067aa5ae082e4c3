"""A day's answers, and what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from client.audit import AuditQuery, AuditStore, Recorded
from client.clinic.wording import Wording
from client.confirmations import Confirmations, ConfirmedCase

PAGE = 50
# What is shown of a pseudonym: enough to tell the patients of a day apart.
SHORT = 8


@dataclass(frozen=True)
class Line:
    """One answer of the list.

    Attributes
    ----------
    id, time, patient, caller : str
    set_size : int
        Diseases to consider; 0 where there is no prediction set.
    enough_evidence : bool
    is_gone : bool
        Whether the contents were removed.
    state : {"open", "confirmed", "conflict", "withdrawn"}
    diagnosis : str
        Name, where it is confirmed.
    """

    id: str
    time: str
    patient: str
    caller: str
    set_size: int
    enough_evidence: bool
    is_gone: bool
    state: str
    diagnosis: str


def day_of(text: str) -> date:
    """Return a day that an address names; today where it names none that has come."""
    today = datetime.now().astimezone().date()
    try:
        return min(date.fromisoformat(text), today)
    except ValueError:
        return today


def query_of(day: date) -> AuditQuery:
    """Return the query for the answers of a day, in this machine's zone."""
    begin = datetime.combine(day, datetime.min.time()).astimezone()
    end = datetime.combine(day + timedelta(days=1), datetime.min.time()).astimezone()
    return AuditQuery(since=begin.isoformat(), until=end.isoformat(), mode="shown")


def lines_of(
    audit: AuditStore,
    confirmations: Confirmations,
    wording: Wording,
    query: AuditQuery,
    after: str = "",
) -> tuple[list[Line], str]:
    """Return a page of answers, the newest first, and the id that the next page comes after.

    Raises
    ------
    AuditUnavailableError, BrokenAuditError
        When the store cannot be read.
    """
    found = audit.find(query, limit=PAGE + 1, after=after)
    shown = found[:PAGE]
    lines = [_line(each, confirmations.case_of(each.id), wording) for each in shown]
    return lines, shown[-1].id if len(found) > PAGE else ""


def count_open(lines: Sequence[Line]) -> int:
    """Return how many answers wait for a diagnosis."""
    return sum(each.state != "confirmed" for each in lines)


def _line(recorded: Recorded, case: ConfirmedCase | None, wording: Wording) -> Line:
    output = recorded.output or {}
    return Line(
        id=recorded.id,
        time=recorded.time,
        patient=recorded.patient[:SHORT],
        caller=recorded.caller,
        set_size=len(output.get("prediction_set", [])),
        enough_evidence=bool(output.get("enough_evidence", False)),
        is_gone=recorded.output is None,
        state=case.state if case else "open",
        diagnosis=wording.disease(case.code) if case and case.code else "",
    )
