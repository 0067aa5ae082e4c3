"""Rules and where they stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from client.review.consensus import Consensus, consensus_of, readings_by_item
from client.review.decisions import Rule
from client.review.entry import Decided, in_force
from client.review.rules import matching_rows
from shared.contract import Contract
from shared.records import Records


@dataclass(frozen=True)
class StandingRule:
    """A rule that a reader made, and nobody undid.

    Attributes
    ----------
    number : int
        Of its entry.
    state : str
        See `Consensus`: only what is decided counts.
    records : int or None
        How many it is about; None where the source's own codes tell, which are not kept.
    """

    number: int
    reader: str
    time: str
    rule: Rule
    comment: str
    state: str
    records: int | None

    def as_json(self) -> dict[str, Any]:
        """Return what programs read."""
        return {
            "entry": self.number,
            "reader": self.reader,
            "time": self.time,
            "rule": self.rule.model_dump(mode="json", exclude={"answer"}),
            "comment": self.comment,
            "state": self.state,
            "records": self.records,
        }


def standing_rules(
    contract: Contract, records: Records, decided: list[Decided], readers: int
) -> list[StandingRule]:
    """Return each reader's latest rule about each kind of cell, in the order they were made."""
    readings = readings_by_item(decided)
    found = []
    for each in in_force(decided):
        rule = each.content.decision if each.content else None
        given = readings.get(each.entry.item, [])
        latest = any(reading.number == each.entry.number for reading in given)
        if isinstance(rule, Rule) and each.content and latest:
            standing = consensus_of(given, readers)
            found.append(
                StandingRule(
                    number=each.entry.number,
                    reader=each.entry.reader,
                    time=each.entry.time,
                    rule=rule,
                    comment=each.content.comment,
                    state=_state(standing, rule),
                    records=_count(contract, records, rule),
                )
            )
    return found


def _state(standing: Consensus, rule: Rule) -> str:
    """Say whether a rule counts; one that lost against another is ``overruled``."""
    lost = standing.state == "decided" and standing.decision != rule
    return "overruled" if lost else standing.state


def _count(contract: Contract, records: Records, rule: Rule) -> int | None:
    return None if rule.when == "code" else len(matching_rows(contract, records.table, rule))
