"""What somebody says a patient turned out to have."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from client.audit.identifier import new_id
from client.audit.prediction import now_text

State = Literal["confirmed", "conflict", "withdrawn"]


@dataclass(frozen=True, kw_only=True)
class Confirmation:
    """One statement; a later one of the same source replaces it.

    Attributes
    ----------
    code : str
        Of a class of the contract, finest or coarser; empty to take back what the source said.
    who : str
        Who says so.
    source : str
        Where it comes from, such as ``pathology``; who says so where nothing else is given.
    prediction : str
        Id of the answer it is about; or else `patient` and `date`.
    patient : str
        Pseudonym.
    date : str
        Day of the diagnosis, ``2026-11-30``; today without it.
    resolves : bool
        Whether it settles what other sources said before.
    """

    code: str
    who: str
    source: str = ""
    prediction: str = ""
    patient: str = ""
    date: str = ""
    resolves: bool = False
    id: str = field(default_factory=new_id)
    time: str = field(default_factory=now_text)


@dataclass(frozen=True)
class ConfirmedCase:
    """All that was said about one answer, or about a patient without one.

    Attributes
    ----------
    state : {"confirmed", "conflict", "withdrawn"}
    code : str
        The diagnosis, where it is confirmed; else empty.
    date : str
        Day of the diagnosis.
    first_time : str
        When the first confirmation came.
    prediction : str
        Id of the answer; empty where the patient has none before that day.
    patient : str
        Pseudonym; empty where none was named.
    history : tuple of Confirmation
        Everything said, the oldest first.
    """

    state: State
    code: str
    date: str
    first_time: str
    prediction: str
    patient: str
    history: tuple[Confirmation, ...]
