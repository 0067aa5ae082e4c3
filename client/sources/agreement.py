"""Whether a mapping fits its contract, and maps nothing that names a patient."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from client.sources.code_maps.in_mapping import leads_nowhere
from client.sources.codes import normalise_name
from client.sources.mapping import ColumnSettings, Mapping
from shared.analytes import same_amount
from shared.contract import CategoricalFeature, Contract, Feature, NumericFeature
from shared.errors import SettingsError

# The keys of a column that only some kinds of feature understand.
KEYS_OF_KIND = {
    "numeric": {"unit", "unit_column", "analyte"},
    "categorical": {"codes", "codes_file", "codes_system"},
    "flag": {"true", "false"},
    "terms": {"codes", "codes_file", "codes_system", "separator"},
    "text": {"scrub"},
}
KIND_KEYS = sorted(set().union(*KEYS_OF_KIND.values()))


def check_agreement(contract: Contract, mapping: Mapping, source: str) -> None:
    """Refuse a mapping that does not fit the contract, listing everything at once.

    Parameters
    ----------
    source : str
        The name under which errors speak of the mapping.

    Raises
    ------
    SettingsError
        When an identifying column is mapped, or a feature, key or code does not fit.
    """
    complaints = [
        *_identifying_columns(contract, mapping),
        *_repeated_features(mapping),
        *_label_complaints(contract, mapping),
    ]
    for column in mapping.column:
        feature = contract.recorded.get(column.feature)
        found = (
            [_not_recorded(contract, column.feature)]
            if feature is None
            else _column_complaints(column, feature)
        )
        complaints += [f"column {column.column!r} -> {column.feature}: {each}" for each in found]
    if complaints:
        raise SettingsError(
            f"{source} does not fit the contract {contract.name} {contract.version}:\n"
            + "\n".join(f"  {complaint}" for complaint in complaints),
            "Correct the lines above in the mapping.",
        )


def _not_recorded(contract: Contract, name: str) -> str:
    """Say why nothing can be mapped to a feature."""
    if name in {each.name for each in contract.derived}:
        return "this feature is derived from others; no column is mapped to it"
    return "no such feature"


def _identifying_columns(contract: Contract, mapping: Mapping) -> Iterator[str]:
    """Yield a complaint for each column whose name says that it identifies a patient."""
    refused = {normalise_name(field) for field in contract.identifying_fields}
    for name in mapping.local_columns:
        if name == mapping.rows.patient:
            if name in _columns_beyond_patient(mapping):
                yield f"column {name!r}: the patient column cannot also be a feature, unit or label"
        elif normalise_name(name) in refused:
            yield f"column {name!r}: the contract forbids loading it, since it identifies a patient"


def _columns_beyond_patient(mapping: Mapping) -> set[str | None]:
    columns = {each.column for each in mapping.column}
    return {mapping.label.column, *columns, *(each.unit_column for each in mapping.column)}


def _repeated_features(mapping: Mapping) -> Iterator[str]:
    names = [column.feature for column in mapping.column]
    for name in dict.fromkeys(names):
        if names.count(name) > 1:
            yield f"feature {name}: mapped more than once"
    for column in mapping.column:
        if column.column == mapping.label.column:
            yield f"column {column.column!r}: the label cannot also be a feature"


def _label_complaints(contract: Contract, mapping: Mapping) -> list[str]:
    codes = mapping.label.codes
    unknown = _unknown("label", codes.values(), contract.classes)
    return [*unknown, *(f"label: {each}" for each in leads_nowhere(codes, contract.classes))]


def _column_complaints(column: ColumnSettings, feature: Feature) -> list[str]:
    """Return what does not fit between a column and its feature."""
    given = [key for key in KIND_KEYS if getattr(column, key) is not None]
    wrong = [key for key in given if key not in KEYS_OF_KIND[feature.kind]]
    complaints = [f"{key} does not apply to a {feature.kind} feature" for key in wrong]
    if isinstance(feature, CategoricalFeature) and column.codes:
        allowed = [each.code for each in feature.codes]
        complaints += _unknown("codes", column.codes.values(), allowed)
        complaints += leads_nowhere(column.codes, allowed)
    if isinstance(feature, NumericFeature) and column.analyte is not None:
        complaints += _analyte_complaints(column.analyte, feature)
    # A unit is never guessed: a wrong one is plausible often enough to go unnoticed.
    has_unit = column.unit is not None or column.unit_column is not None
    if isinstance(feature, NumericFeature) and feature.unit != "1" and not has_unit:
        complaints.append(f"say its unit, for example unit = {feature.unit!r}, or its unit_column")
    return complaints


def _analyte_complaints(analyte: str, feature: NumericFeature) -> Iterator[str]:
    """Yield a complaint where a column measures other molecules than its feature."""
    if feature.analyte is None:
        yield "analyte: the feature names none in the contract, so there is nothing to convert to"
    elif not same_amount(analyte, feature.analyte):
        yield f"analyte: a mole of {analyte!r} is no mole of {feature.analyte!r}"


def _unknown(what: str, codes: Iterable[str], allowed: Iterable[str]) -> list[str]:
    known = list(allowed)
    return [
        f"{what}: {code!r} is no code of the contract ({', '.join(known[:12])}"
        + (", ...)" if len(known) > 12 else ")")
        for code in dict.fromkeys(codes)
        if code not in known
    ]
