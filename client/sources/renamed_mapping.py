"""A mapping for an earlier version of the contract, as the present version reads it."""

from __future__ import annotations

from functools import partial

from client.sources.code_maps.meanings import renamed, with_defaults
from client.sources.codes import normalise_code
from client.sources.mapping import ColumnSettings, Mapping
from shared.contract import CategoricalFeature, Contract
from shared.contract_changes.renames import Renames


def under_contract(contract: Contract, mapping: Mapping) -> Mapping:
    """Return a mapping with the names that features, codes and classes have now.

    A cell that is spelled as a code was in an earlier version means what that code is called now,
    unless the mapping says otherwise.
    """
    if not contract.renamed:
        return mapping
    renames = Renames(contract)
    codes = renamed(mapping.label.codes, renames.target)
    label = mapping.label.model_copy(
        update={"codes": with_defaults(codes, _normalised(renames.old_targets()))}
    )
    columns = [_column(contract, renames, each) for each in mapping.column]
    return mapping.model_copy(update={"label": label, "column": columns})


def _column(contract: Contract, renames: Renames, column: ColumnSettings) -> ColumnSettings:
    feature = renames.feature(column.feature)
    if not isinstance(contract.recorded.get(feature), CategoricalFeature):
        return column.model_copy(update={"feature": feature})
    old = _normalised(renames.old_codes(feature))
    given = {} if column.codes is None else column.codes
    codes = with_defaults(renamed(given, partial(renames.code, feature)), old)
    return column.model_copy(update={"feature": feature, "codes": codes or column.codes})


def _normalised(codes: dict[str, str]) -> dict[str, str]:
    return {normalise_code(old): new for old, new in codes.items()}
