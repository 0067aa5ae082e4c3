"""Which records a rule is about."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pandas as pd

from client.review.decisions import Rule
from client.review.values import as_value
from client.sources.codes import normalise_code
from client.sources.mapping import Mapping
from shared.contract import Contract, TermsFeature

Rows = npt.NDArray[np.intp]


def matching_rows(contract: Contract, table: pd.DataFrame, rule: Rule) -> Rows:
    """Return the rows that a rule is about, shape (matching rows,).

    Parameters
    ----------
    table : DataFrame
        Typed as in `Records`. What a rule reads as missing in the source is missing here already,
        so such a rule finds no more rows.
    """
    if rule.feature not in contract.recorded or rule.when == "code":
        return np.empty(0, dtype=np.intp)
    cells = table[rule.feature]
    if not isinstance(contract.recorded[rule.feature], TermsFeature):
        return np.flatnonzero(cells.isna() if rule.when == "empty" else cells == rule.matches)
    matches = [as_value(cell) == rule.matches for cell in cells]
    return np.flatnonzero(np.array(matches, dtype=np.bool_))


def with_missing_codes(mapping: Mapping, rules: Iterable[Rule]) -> Mapping:
    """Return a mapping that reads more local codes as missing, as rules say.

    Such a cell may be no value of its feature at all (a cholesterol of 0), so it must be known as
    missing before the row is checked. The mapping file stays as it is.
    """
    codes: dict[str, list[str]] = {}
    for rule in rules:
        if rule.when == "code":
            codes.setdefault(rule.feature, []).append(normalise_code(str(rule.matches)))
    if not codes:
        return mapping
    columns = [
        each.model_copy(update={"missing": [*each.missing, *codes.get(each.feature, [])]})
        for each in mapping.column
    ]
    return mapping.model_copy(update={"column": columns})
