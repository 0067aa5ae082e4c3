"""All that was said about one answer, and what follows from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from client.confirmations.beyond import is_diagnosis, line_of
from client.confirmations.confirmation import Confirmation
from shared.contract import Contract

State = Literal["confirmed", "conflict", "withdrawn"]


@dataclass(frozen=True)
class ConfirmedCase:
    """All that was said about one answer, or about a patient without one.

    Attributes
    ----------
    state : {"confirmed", "conflict", "withdrawn"}
    code : str
        The diagnosis, where it is confirmed; else empty.
    date : str
        Day of the diagnosis; empty where it is not confirmed.
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

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        said = [
            {
                "time": each.time,
                "who": each.who,
                "source": each.speaker,
                "code": each.code,
                "date": each.date,
                "resolves": each.resolves,
            }
            for each in self.history
        ]
        return {
            "state": self.state,
            "code": self.code,
            "date": self.date,
            "first_time": self.first_time,
            "prediction": self.prediction,
            "patient": self.patient,
            "history": said,
        }


def case_of(
    contract: Contract, prediction: str, patient: str, history: Sequence[Confirmation]
) -> ConfirmedCase:
    """Return what follows from everything that was said, the oldest first.

    Of each source its last word counts; a word that resolves takes the place of all before it.
    Sources agree where one diagnosis contains all others, and the finest of them is taken.
    """
    words: dict[str, Confirmation] = {}
    for each in history:
        if each.resolves:
            words.clear()
        words[each.speaker] = each
    standing = [each for each in words.values() if is_diagnosis(contract, each.code)]
    finest = max(standing, key=lambda each: len(line_of(contract, each.code)), default=None)
    state, code, date = _conclusion(contract, standing, finest)
    return ConfirmedCase(state, code, date, history[0].time, prediction, patient, tuple(history))


def _conclusion(
    contract: Contract, standing: Sequence[Confirmation], finest: Confirmation | None
) -> tuple[State, str, str]:
    if finest is None:
        return "withdrawn", "", ""
    line = line_of(contract, finest.code)
    if any(each.code not in line for each in standing):
        return "conflict", "", ""
    return "confirmed", finest.code, finest.date
