"""What a reader says that a patient turned out to have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from client.confirmations import Confirmation, Confirmations, ConfirmedCase
from client.confirmations.checking import today
from client.ranking.disease_names import NamedDisease, disease_in
from shared.contract import Contract
from shared.web.words import Words

LONGEST_SOURCE = 120
LONGEST_DISEASE = 300
FIELDS = ("diagnosis", "other", "date", "prediction")


@dataclass(frozen=True)
class ConfirmForm:
    """The fields of the form.

    Attributes
    ----------
    diagnosis, date, source : str
    other : str
        A disease that is ranked, by name or code, in place of a class of the contract.
    resolves : bool
        Whether it settles what all sources said before.
    """

    diagnosis: str = ""
    date: str = ""
    source: str = ""
    resolves: bool = False
    other: str = ""

    def meant(self, diseases: Mapping[str, str]) -> str:
        """Return the code of the diagnosis; what cannot be told for sure is no code.

        Parameters
        ----------
        diseases : mapping of str to str
            Names of the diseases that are ranked, by code.
        """
        if not self.other.strip():
            return self.diagnosis
        found = disease_in(diseases, self.other)
        return found.code if found else self.other.strip()


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
    code = "" if withdraws else form.meant(confirmations.ranked())
    said = Confirmation(
        code=code,
        who=reader,
        source=form.source,
        prediction=prediction,
        date=form.date or today(),
        resolves=form.resolves,
    )
    whole, problems = confirmations.completed(said)
    wrong = {name: words(f"clinic.confirm.error.{name}") for name in FIELDS if name in problems}
    if not withdraws and not code:
        wrong["diagnosis"] = words("clinic.confirm.error.diagnosis")
    if "diagnosis" in wrong and form.other.strip():
        wrong["other"] = words("clinic.confirm.error.other")
        del wrong["diagnosis"]
    if not wrong:
        confirmations.write([whole])
    return wrong


def said_by(
    case: ConfirmedCase | None, reader: str, contract: Contract, diseases: Mapping[str, str]
) -> ConfirmForm | None:
    """Return what a reader said last about an answer, not taken back; None for nothing.

    Parameters
    ----------
    diseases : mapping of str to str
        Names of the diseases that are ranked, by code.
    """
    said = [each for each in case.history if each.who == reader] if case else []
    if not said or not said[-1].code:
        return None
    last = said[-1]
    if last.code in contract.classes:
        return ConfirmForm(last.code, last.date, last.source)
    other = NamedDisease(last.code, diseases.get(last.code, last.code)).text
    return ConfirmForm("", last.date, last.source, other=other)
