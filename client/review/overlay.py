"""All decisions that count, to be laid over the records that the source gives."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

from client.review.consensus import consensus_of, readings_by_item
from client.review.decisions import DECISION, RecordDecision, Rule
from client.review.entry import Decided, in_force
from client.review.identity import NO_RECORD, RecordIdentity

AnyDecision = TypeVar("AnyDecision")


@dataclass(frozen=True)
class Overlay:
    """All decisions that count.

    Attributes
    ----------
    rules : tuple of Rule
        In the order in which they were made.
    records : mapping of RecordIdentity to tuple of RecordDecision
        In the order in which they were made; they prevail over rules.
    """

    rules: tuple[Rule, ...] = ()
    records: Mapping[RecordIdentity, tuple[RecordDecision, ...]] = field(default_factory=dict)

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 of what it does: a part of the version of the data that a run saw."""
        content = {
            "rules": [DECISION.dump_python(each, mode="json") for each in self.rules],
            "records": sorted(
                [*record, [DECISION.dump_python(each, mode="json") for each in decisions]]
                for record, decisions in self.records.items()
            ),
        }
        text = json.dumps(content, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def __bool__(self) -> bool:
        return bool(self.rules or self.records)

    @property
    def count(self) -> int:
        """How many decisions there are; each rule is one."""
        return len(self.rules) + sum(map(len, self.records.values()))

    @property
    def persons(self) -> set[str]:
        """Pseudonyms of the patients whose records are decided on."""
        return {each.person for each in self.records}


def overlay_of(decided: list[Decided], readers: int) -> Overlay:
    """Return what counts of all entries.

    Parameters
    ----------
    readers : int
        See `consensus_of`: what only one of two readers has answered does not count yet.
    """
    where = {each.entry.item: each.content.record for each in in_force(decided) if each.content}
    rules: list[tuple[int, Rule]] = []
    records: dict[RecordIdentity, list[tuple[int, RecordDecision]]] = defaultdict(list)
    for item, readings in readings_by_item(decided).items():
        found = consensus_of(readings, readers)
        if isinstance(found.decision, Rule):
            rules.append((found.by, found.decision))
        elif found.decision is not None and where[item] != NO_RECORD:
            records[where[item]].append((found.by, found.decision))
    return Overlay(
        tuple(_in_order(rules)), {each: tuple(_in_order(made)) for each, made in records.items()}
    )


def _in_order(made: list[tuple[int, AnyDecision]]) -> list[AnyDecision]:
    return [decision for _, decision in sorted(made, key=lambda each: each[0])]
