"""From JSON to a typed case, by the rules that training data are read by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any

from client.serving.case import Case, Value
from client.serving.case_problem import CaseError, CaseProblem
from client.serving.values import BadValueError, read_value
from shared.contract import Contract
from shared.ontology import Terminology, terminology

TerminologyOf = Callable[[str], Terminology]


class CaseReader:
    """Reads cases of one contract.

    Parameters
    ----------
    contract : Contract
        The hospital's.
    terminology_of : callable, optional
        Returns the terminology of a code system; the one that the active model was made with, where
        the installed one is not wanted.
    refused : callable, optional
        Gets the fields of each case that is refused.
    """

    def __init__(
        self,
        contract: Contract,
        terminology_of: TerminologyOf = terminology,
        refused: Callable[[list[str]], None] | None = None,
    ) -> None:
        self.contract = contract
        self._terminology_of = terminology_of
        self._refused = refused

    def read(self, content: Mapping[str, Any]) -> Case:
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
        problems: list[CaseProblem] = []
        values: dict[str, Value] = {}
        for name, feature in self.contract.recorded.items():
            try:
                values[name] = read_value(feature, content.get(name), self._terminology_of)
            except BadValueError as bad:
                problems += [CaseProblem(f"{name}{place}", *words) for place, words in bad.found]
        recorded = self.contract.recorded
        problems += [self._unknown(name) for name in content if name not in recorded]
        if problems:
            if self._refused is not None:
                self._refused([each.field for each in problems])
            raise CaseError(problems)
        return Case(values)

    def _unknown(self, name: object) -> CaseProblem:
        """Say what to do about a field that is none of the contract's recorded features."""
        contract = self.contract
        text = str(name)
        if text in contract.features:
            return CaseProblem(text, "nothing: it is computed from other features", "Leave it out.")
        close = get_close_matches(text, contract.recorded, n=1)
        hint = f"Did you mean {close[0]}?" if close else "Leave it out."
        expected = f"a feature of the contract {contract.name} {contract.version}"
        return CaseProblem(text, expected, hint)
