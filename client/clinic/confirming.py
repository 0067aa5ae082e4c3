"""What a reader says that a patient turned out to have."""

from __future__ import annotations

from dataclasses import dataclass

from client.confirmations import Confirmation, Confirmations, ConfirmedCase
from client.confirmations.checking import today
from shared.contract import Contract
from shared.web.words import Words

LONGEST_SOURCE = 120
FIELDS = ("diagnosis", "date", "prediction")


@dataclass(frozen=True)
class ConfirmForm:
    """The fields of the form.

    Attributes
    ----------
    diagnosis, date, source : str
    resolves : bool
        Whether it settles what all sources said before.
    """

    diagnosis: str = ""
    date: str = ""
    source: str = ""
    resolves: bool = False


@dataclass(frozen=True)
class Choice:
    """A diagnosis to choose from.

    Attributes
    ----------
    code, name : str
    depth : int
        How many coarser ones contain it.
    is_group : bool
        Whether finer ones exist.
    """

    code: str
    name: str
    depth: int
    is_group: bool


def choices_of(contract: Contract) -> list[Choice]:
    """Return all diagnoses, each below the coarser one that contains it."""
    leaves = set(contract.leaves)
    lines = {code: [*reversed(contract.ancestors(code)), code] for code in contract.classes}
    place = {code: index for index, code in enumerate(contract.classes)}
    ordered = sorted(lines, key=lambda code: [place[each] for each in lines[code]])
    return [
        Choice(code, contract.classes[code].name, len(lines[code]) - 1, code not in leaves)
        for code in ordered
    ]


def confirm(
    confirmations: Confirmations,
    prediction: str,
    reader: str,
    form: ConfirmForm,
    words: Words,
    *,
    withdraws: bool = False,
) -> dict[str, str]:
    """Write a confirmation down; return what is wrong by field, in words, where it is not written.

    Parameters
    ----------
    withdraws : bool
        Whether it takes back what this source said.

    Raises
    ------
    AuditUnavailableError
        When it cannot be written.
    """
    said = Confirmation(
        code="" if withdraws else form.diagnosis,
        who=reader,
        source=form.source,
        prediction=prediction,
        date=form.date or today(),
        resolves=form.resolves,
    )
    whole, problems = confirmations.completed(said)
    wrong = {name: words(f"clinic.confirm.error.{name}") for name in FIELDS if name in problems}
    if not withdraws and not form.diagnosis:
        wrong["diagnosis"] = words("clinic.confirm.error.diagnosis")
    if not wrong:
        confirmations.write([whole])
    return wrong


def said_by(case: ConfirmedCase | None, reader: str) -> ConfirmForm | None:
    """Return what a reader said last about an answer, not taken back; None for nothing."""
    said = [each for each in case.history if each.who == reader] if case else []
    if not said or not said[-1].code:
        return None
    return ConfirmForm(said[-1].code, said[-1].date, said[-1].source)
