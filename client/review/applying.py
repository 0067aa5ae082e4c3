"""Records as training sees them: decisions laid over the source, which is never changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from client.review.decisions import (
    CorrectClass,
    CorrectValue,
    Exclude,
    NullMeans,
    RecordDecision,
)
from client.review.identity import RecordIdentity, identities
from client.review.overlay import Overlay
from client.review.rules import matching_rows
from client.review.values import as_cell
from client.sources.loading import LoadedRecords
from shared.contract import Contract
from shared.errors import DataError
from shared.records import Records, typed_column, with_derived

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Overlaid:
    """Records as training sees them.

    Attributes
    ----------
    loaded : LoadedRecords
    positions : integer array of shape (records,)
        Of each record among those of the source.
    stale : list of RecordIdentity
        Decided on, and no longer in the source as they were: nothing is done to them.
    excluded : int
        Records that nobody learns from.
    """

    loaded: LoadedRecords
    positions: npt.NDArray[np.intp]
    stale: list[RecordIdentity]
    excluded: int


def apply_overlay(
    contract: Contract, loaded: LoadedRecords, overlay: Overlay, key: bytes
) -> Overlaid:
    """Return the records as decided; those of the source stay as they are.

    Parameters
    ----------
    key : bytes
        The node's own, by which records are found again.

    Raises
    ------
    DataError
        When every record is excluded.
    """
    everything = np.arange(len(loaded.records))
    if not overlay:
        return Overlaid(loaded, everything, [], 0)
    decided = _rows_of(contract, loaded, overlay, key)
    table = loaded.records.table.copy()
    labels = loaded.records.labels.copy()
    for rule in overlay.rules:
        _set(contract, table, rule.feature, matching_rows(contract, table, rule), rule.becomes)
    keep = np.ones(len(labels), dtype=np.bool_)
    for record, row in decided.items():
        for decision in overlay.records[record]:
            _apply(contract, table, labels, keep, row, decision)
    if not keep.any():
        raise DataError(
            f"Every record of {loaded.source} is excluded by the review.",
            "Undo what excludes them: juntos node review show",
        )
    records = replace(loaded.records, table=with_derived(contract, table), labels=labels)
    stale = [each for each in overlay.records if each not in decided]
    return Overlaid(_taken(loaded, records, keep), everything[keep], stale, int((~keep).sum()))


def _rows_of(
    contract: Contract, loaded: LoadedRecords, overlay: Overlay, key: bytes
) -> dict[RecordIdentity, int]:
    """Return the row of each record that was decided on and is still as it was."""
    if not overlay.records:
        return {}
    found = identities(contract, loaded, key, overlay.persons)
    known = ((each, row) for row, each in enumerate(found) if each is not None)
    return {each: row for each, row in known if each in overlay.records}


def _apply(
    contract: Contract,
    table: pd.DataFrame,
    labels: npt.NDArray[np.object_],
    keep: Mask,
    row: int,
    decision: RecordDecision,
) -> None:
    if isinstance(decision, Exclude):
        keep[row] = False
    elif isinstance(decision, CorrectClass):
        # A contract may have lost the class since.
        labels[row] = decision.code if decision.code in contract.classes else labels[row]
    elif isinstance(decision, CorrectValue):
        _set(contract, table, decision.feature, [row], decision.value)
    elif isinstance(decision, NullMeans):
        _set(contract, table, decision.feature, [row], decision.becomes)


def _set(
    contract: Contract,
    table: pd.DataFrame,
    feature: str,
    rows: Sequence[int] | npt.NDArray[np.intp],
    value: object,
) -> None:
    """Put one value into some rows, in the type of its feature."""
    # A contract may have lost the feature since.
    if feature not in contract.recorded or not len(rows):
        return
    cells = table[feature].to_numpy(copy=True)
    cells[rows] = typed_column(contract, feature, [as_cell(value)] * len(rows)).to_numpy()  # type: ignore[arg-type]
    table[feature] = pd.Series(cells, index=table.index, dtype=table[feature].dtype)


def _taken(loaded: LoadedRecords, records: Records, keep: Mask) -> LoadedRecords:
    rows = np.flatnonzero(keep)
    told = loaded.pseudonyms
    return replace(
        loaded,
        records=records.take(rows),
        rows=loaded.rows[rows],
        pseudonyms=None if told is None else told[rows],
    )
