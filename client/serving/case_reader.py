"""From JSON to a typed case, by the rules that training data are read by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from client.serving.case import Case
from shared.contract import Contract
from shared.errors import JuntosError


@dataclass(frozen=True)
class CaseProblem:
    """One thing wrong with one field.

    Attributes
    ----------
    field : str
        Where, as a path: ``age``, ``findings[2]``.
    expected : str
        What would have been right; never the value that was found.
    fix : str
    """

    field: str
    expected: str
    fix: str


class CaseError(JuntosError):
    """A case that does not meet the contract.

    Attributes
    ----------
    problems : list of CaseProblem
        All of them.
    """

    exit_code = 5

    def __init__(self, problems: list[CaseProblem]) -> None:
        count = len(problems)
        fields = "1 field" if count == 1 else f"{count} fields"
        super().__init__(f"The case does not meet the contract in {fields}.")
        self.problems = problems


class CaseReader:
    """Reads cases of one contract.

    Parameters
    ----------
    contract : Contract
        The hospital's.
    """

    def __init__(self, contract: Contract) -> None:
        self.contract = contract

    def read(self, content: Mapping[str, object]) -> Case:
        """Read one case.

        Parameters
        ----------
        content : mapping of str to object
            By feature: a number, or ``{"value": .., "unit": ".."}``; true or false; a code; a list
            of terms; a text; null or nothing where it is missing.

        Raises
        ------
        CaseError
            With every problem.
        """
        raise NotImplementedError
