"""Whether the challenger is shown to be at most a little worse for every rare class."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from server.promotion.decision import Reason, Speaks
from server.promotion.evidence import ClassEvidence, Evidence
from server.promotion.policy import ClassPolicy
from shared.metrics.paired_tests import PairedTable, chance_of_harm, holm, tango_interval

# Named in a sentence; of more, their number is told.
MOST_NAMES = 5


def check_classes(evidence: Evidence, policy: ClassPolicy) -> Iterator[Reason]:
    """Judge each class that the policy is about; those with few cases together."""
    if evidence.overall is None:
        return
    judged = {code: each for code, each in evidence.classes.items() if _is_judged(each, policy)}
    if not judged:
        yield Reason(key="class.no_rare", speaks="note")
        return
    chances = {
        code: chance_of_harm(each.table) for code, each in evidence.classes.items() if each.table
    }
    harmed = {code for code, chance in holm(chances).items() if chance < policy.level}
    few: dict[str, ClassEvidence] = {}
    for code, each in judged.items():
        if each.table and (each.table.rows >= policy.least_cases or code in harmed):
            yield _of_class(code, each, each.table, policy, harmed=code in harmed)
        else:
            few[code] = each
    yield from _of_few(few, policy)
    yield from _of_others(evidence, judged, harmed)


def _is_judged(each: ClassEvidence, policy: ClassPolicy) -> bool:
    return policy.which == "all" or each.frequency == "rare"


def _of_class(
    code: str, each: ClassEvidence, table: PairedTable, policy: ClassPolicy, *, harmed: bool
) -> Reason:
    speaks, values = _verdict(table, policy, harmed=harmed)
    values |= {"name": each.name, "code": code}
    return Reason(key=f"class.{_KEYS[speaks]}", speaks=speaks, about=code, values=values)


_KEYS: Mapping[Speaks, str] = {"for": "kept", "against": "worse", "unknown": "unsure"}


def _verdict(
    table: PairedTable, policy: ClassPolicy, *, harmed: bool = False
) -> tuple[Speaks, dict[str, str | int | float]]:
    """Return whether recall is at most the margin lower, with the figures."""
    low, high = tango_interval(table, policy.level)
    values: dict[str, str | int | float] = {
        "gain": table.gain,
        "low": low,
        "high": high,
        "cases": table.rows,
        "margin": policy.margin,
    }
    if harmed or high < -policy.margin:
        return "against", values
    if low > -policy.margin:
        return "for", values
    return ("against" if high < 0 or table.gain < -policy.margin else "unknown"), values


def _of_few(few: Mapping[str, ClassEvidence], policy: ClassPolicy) -> Iterator[Reason]:
    """Judge classes with few cases as one group, or leave them to a person; never in silence."""
    if not few:
        return
    cases = sum((each.table for each in few.values() if each.table), PairedTable())
    values: dict[str, str | int | float] = {
        "names": named(few),
        "count": len(few),
        "cases": cases.rows,
        "least": policy.least_cases,
    }
    if policy.few_cases == "person" or cases.rows < policy.least_cases:
        yield Reason(key="class.few", speaks="unknown", values=values)
        return
    speaks, figures = _verdict(cases, policy)
    key = f"group.{_KEYS[speaks]}"
    yield Reason(key=key, speaks=speaks, values=values | figures)
    without = {code: each for code, each in few.items() if not each.table or not each.table.rows}
    if without:
        yield Reason(
            key="class.no_case",
            speaks="note",
            values={"names": named(without), "count": len(without)},
        )


def _of_others(
    evidence: Evidence, judged: Mapping[str, ClassEvidence], harmed: set[str]
) -> Iterator[Reason]:
    """Say for which of the other classes it is worse beyond chance."""
    for code, each in evidence.classes.items():
        if code in harmed and code not in judged and each.table:
            values: dict[str, str | int | float] = {
                "name": each.name,
                "code": code,
                "gain": each.table.gain,
                "cases": each.table.rows,
            }
            yield Reason(key="class.common_worse", speaks="note", about=code, values=values)


def named(classes: Mapping[str, ClassEvidence]) -> str:
    """Name some classes, and how many more there are."""
    names = [f"{each.name} ({code})" for code, each in sorted(classes.items())]
    rest = len(names) - MOST_NAMES
    return ", ".join(names[:MOST_NAMES]) + (f" +{rest}" if rest > 0 else "")
