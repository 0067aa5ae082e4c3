"""What the decisions changed: the records before and after, counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from client.review.applying import Overlaid
from client.review.values import as_value
from client.sources.loading import LoadedRecords
from shared.contract import Contract
from shared.records import Records


@dataclass(frozen=True)
class Change:
    """One count before and after."""

    name: str
    before: int
    after: int


@dataclass(frozen=True)
class Effect:
    """What training sees, and what it would have seen without the review.

    Attributes
    ----------
    rows : Change
        Records.
    classes : list of Change
        Records of each class of the contract that has any.
    relabelled : int
        Records with another class than the source says.
    values : int
        Cells with another value than the source says; in records that are not excluded.
    missing : list of Change
        Empty cells of each feature where their number changed.
    stale : int
        Decisions that do nothing, because the record changed since.
    """

    rows: Change
    classes: list[Change]
    relabelled: int
    values: int
    missing: list[Change]
    stale: int


def effect_of(contract: Contract, source: LoadedRecords, overlaid: Overlaid) -> Effect:
    """Count what differs between the source's records and those that training sees."""
    before, after = source.records, overlaid.loaded.records
    kept = before.take(overlaid.positions)
    return Effect(
        rows=Change("rows", len(before), len(after)),
        classes=_classes(contract, before, after),
        relabelled=int((kept.labels != after.labels).sum()),
        values=sum(_changed(kept, after, name) for name in contract.recorded),
        missing=_missing(contract, before, after),
        stale=len(overlaid.stale),
    )


def _classes(contract: Contract, before: Records, after: Records) -> list[Change]:
    old, new = Counter(before.labels), Counter(after.labels)
    return [
        Change(each, old[each], new[each]) for each in contract.classes if old[each] + new[each]
    ]


def _changed(before: Records, after: Records, name: str) -> int:
    pairs = zip(before.table[name], after.table[name], strict=True)
    return sum(as_value(old) != as_value(new) for old, new in pairs)


def _missing(contract: Contract, before: Records, after: Records) -> list[Change]:
    changes = [
        Change(name, empty_cells(before, name), empty_cells(after, name))
        for name in contract.recorded
    ]
    return [each for each in changes if each.before != each.after]


def empty_cells(records: Records, name: str) -> int:
    """Return how many records have no value of a feature."""
    return sum(as_value(cell) is None for cell in records.table[name])
