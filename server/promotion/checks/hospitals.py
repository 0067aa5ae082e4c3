"""Whether a hospital is worse off with the challenger, or makes it worse for the others."""

from __future__ import annotations

from collections.abc import Iterator

from server.promotion.decision import Reason
from server.promotion.evidence import Evidence
from server.promotion.policy import HarmPolicy
from shared.metrics.paired_tests import chance_of_harm, holm


def check_hospitals(
    evidence: Evidence, policy: HarmPolicy, largest_influence: float
) -> Iterator[Reason]:
    """Judge each hospital by its own rows, or all by the count of those that are harmed."""
    yield from _harmed_sum(evidence)
    yield from _influence(evidence, largest_influence)
    if evidence.overall is not None:
        yield from _harm(evidence, policy)
        yield from _missing(evidence, policy)


def _harmed_sum(evidence: Evidence) -> Iterator[Reason]:
    if evidence.harmed is None:
        return
    if evidence.harmed:
        values: dict[str, str | int | float] = {"count": evidence.harmed}
        yield Reason(key="hospital.own_better", speaks="against", values=values)
    else:
        yield Reason(key="hospital.none_own_better", speaks="for")


def _harm(evidence: Evidence, policy: HarmPolicy) -> Iterator[Reason]:
    tables = {name: each.table for name, each in evidence.hospitals.items() if each.table}
    chances = holm({name: chance_of_harm(table) for name, table in tables.items()})
    harmed = [name for name, chance in chances.items() if chance < policy.level]
    for name in sorted(harmed):
        table = tables[name]
        values: dict[str, str | int | float] = {
            "hospital": name,
            "gain": table.gain,
            "rows": table.rows,
            "worse": table.champion_only,
            "better": table.challenger_only,
        }
        yield Reason(key="hospital.worse", speaks="against", about=name, values=values)
    if tables and not harmed:
        yield Reason(key="hospital.none_worse", speaks="for", values={"count": len(tables)})
    small = sorted(name for name, each in tables.items() if each.rows < policy.least_rows)
    if small:
        values = {"hospitals": ", ".join(small), "least": policy.least_rows}
        yield Reason(key="hospital.small", speaks="note", values=values)


def _missing(evidence: Evidence, policy: HarmPolicy) -> Iterator[Reason]:
    for name, each in sorted(evidence.hospitals.items()):
        if each.table is None:
            yield Reason(
                key="hospital.missing",
                speaks="unknown" if policy.missing == "person" else "note",
                about=name,
                values={"hospital": name, "why": each.left_out},
            )


def _influence(evidence: Evidence, largest: float) -> Iterator[Reason]:
    """Name hospitals whose rows make the model worse for the others."""
    for name, each in sorted(evidence.hospitals.items()):
        if each.influence is not None and each.influence > largest:
            values: dict[str, str | int | float] = {"hospital": name, "gain": each.influence}
            yield Reason(key="hospital.influence", speaks="against", about=name, values=values)
