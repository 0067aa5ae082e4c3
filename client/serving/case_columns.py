"""Cases as the columns that models read, with what the contract derives from them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from client.serving.case import Case, Value
from client.serving.evidence import Known
from shared.contract import (
    Contract,
    Feature,
    FlagFeature,
    NumericFeature,
    TermsFeature,
    TextFeature,
)
from shared.derived.kinds import Column
from shared.records import as_terms

Columns = dict[str, Column]
NUMBERS = (NumericFeature, FlagFeature)
MISSING: tuple[Value, ...] = (None, ())


def column_of(feature: Feature, values: Iterable[Value]) -> Column:
    """Return one column in the type of its feature."""
    if isinstance(feature, NUMBERS):
        return np.array([np.nan if each is None else each for each in values], dtype=np.float64)
    found = list(values)
    column = np.empty(len(found), dtype=object)
    column[:] = [as_terms(each) for each in found] if isinstance(feature, TermsFeature) else found
    return column


class CaseColumns:
    """Turns cases of one contract into columns; what of the contract is needed is found out once.

    Parameters
    ----------
    contract : Contract
    """

    def __init__(self, contract: Contract) -> None:
        recorded = contract.recorded
        self._derivation = contract.derivation
        self._numbers = [name for name, each in recorded.items() if isinstance(each, NUMBERS)]
        self._others = {
            name: each for name, each in recorded.items() if not isinstance(each, NUMBERS)
        }
        self._notes = [name for name, each in recorded.items() if isinstance(each, TextFeature)]
        self._asked = [name for name in recorded if name not in self._notes]

    def columns(self, cases: Sequence[Case]) -> Columns:
        """Return a column for each feature of the contract, recorded or derived."""
        plain = [[case.values.get(name) for case in cases] for name in self._numbers]
        numbers = np.array(
            [[np.nan if each is None else each for each in column] for column in plain],
            dtype=np.float64,
        ).reshape(len(plain), len(cases))
        recorded: Columns = dict(zip(self._numbers, numbers, strict=True))
        for name, feature in self._others.items():
            recorded[name] = column_of(feature, [case.values.get(name) for case in cases])
        return {**recorded, **self._derivation.compute(recorded, len(cases))}

    def known(self, case: Case) -> Known:
        """Count what is recorded of a patient."""
        found = case.values.get
        recorded = sum(found(name) not in MISSING for name in self._asked)
        noted = any(found(name) not in MISSING for name in self._notes)
        return Known(recorded, len(self._asked), noted)


def columns_of(contract: Contract, cases: Sequence[Case]) -> Columns:
    """Return a column for each feature of a contract, recorded or derived."""
    return CaseColumns(contract).columns(cases)
