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
from shared.features import is_absent
from shared.records import as_terms

Columns = dict[str, Column]
NUMBERS = (NumericFeature, FlagFeature)


def column_of(feature: Feature, values: Iterable[Value]) -> Column:
    """Return one column in the type of its feature."""
    if isinstance(feature, NUMBERS):
        return np.array([np.nan if each is None else each for each in values], dtype=np.float64)
    found = list(values)
    column = np.empty(len(found), dtype=object)
    column[:] = [as_terms(each) for each in found] if isinstance(feature, TermsFeature) else found
    return column


def columns_of(contract: Contract, cases: Sequence[Case]) -> Columns:
    """Return a column for each feature of a contract, recorded or derived."""
    recorded = {
        name: column_of(feature, [case.values.get(name) for case in cases])
        for name, feature in contract.recorded.items()
    }
    return {**recorded, **contract.derivation.compute(recorded, len(cases))}


def known_of(contract: Contract, case: Case) -> Known:
    """Count what is recorded of a patient."""
    recorded = asked = 0
    noted = False
    for name, feature in contract.recorded.items():
        there = case.values.get(name) not in (None, ())
        if isinstance(feature, TextFeature):
            noted = noted or there
        elif not is_absent(feature):
            asked += 1
            recorded += there
    return Known(recorded, asked, noted)
