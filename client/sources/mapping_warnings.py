"""What a mapping may do, and an administrator should look at twice."""

from __future__ import annotations

import re
from collections.abc import Iterator

from client.sources.code_maps.in_mapping import table_warnings
from client.sources.codes import normalise_name
from client.sources.identifying_names import what_it_identifies
from client.sources.mapping import Mapping, SqlSettings
from shared.contract import CategoricalFeature, Contract

QUERY_WORD = re.compile(r"\w+")


def mapping_warnings(contract: Contract, mapping: Mapping) -> list[str]:
    """Return what deserves a second look; the mapping can be used nevertheless.

    Columns whose name sounds as if they identified a patient, a query that names a field the
    contract forbids (under another name it would get through), notes that are not scrubbed, lines
    of tables of codes that are not used.
    """
    return [
        *_identifying_names(mapping),
        *_fields_in_query(contract, mapping),
        *_notes_as_they_are(mapping),
        *_tables_of_codes(contract, mapping),
    ]


def _identifying_names(mapping: Mapping) -> Iterator[str]:
    for name in mapping.local_columns:
        kind = what_it_identifies(name)
        if kind is not None and name != mapping.rows.patient:
            yield (
                f"column {name!r} sounds like {kind}; unmap it if it tells who a patient is, "
                "or rename it"
            )


def _fields_in_query(contract: Contract, mapping: Mapping) -> Iterator[str]:
    if not isinstance(mapping.source, SqlSettings):
        return
    forbidden = {normalise_name(field) for field in contract.identifying_fields}
    words = dict.fromkeys(QUERY_WORD.findall(mapping.source.query))
    for word in words:
        if normalise_name(word) in forbidden and word != mapping.rows.patient:
            yield (
                f"source.query names {word!r}, which the contract forbids; see that it does not "
                "reach a mapped column under another name"
            )


def _tables_of_codes(contract: Contract, mapping: Mapping) -> Iterator[str]:
    yield from table_warnings(mapping.label.codes, contract.classes)
    for column in mapping.column:
        feature = contract.features.get(column.feature)
        allowed = None
        if isinstance(feature, CategoricalFeature):
            allowed = [each.code for each in feature.codes]
        yield from table_warnings(column.codes, allowed)


def _notes_as_they_are(mapping: Mapping) -> Iterator[str]:
    for column in mapping.column:
        if column.scrub is False:
            yield (
                f"column {column.column!r}: names, dates and numbers stay in its notes, since "
                "the mapping says scrub = false"
            )
