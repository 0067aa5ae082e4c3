"""What is wrong with a case, field by field, without a value of the patient."""

from __future__ import annotations

from dataclasses import dataclass

from shared.errors import JuntosError


@dataclass(frozen=True)
class CaseProblem:
    """One thing wrong with one field.

    Attributes
    ----------
    field : str
        Where, as a path: ``age``, ``findings[2]``, ``creatinine.unit``.
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
        fields = "one field" if count == 1 else f"{count} fields"
        super().__init__(f"The case does not meet the contract in {fields}.")
        self.problems = problems
