"""Whether the challenger is right more often, beyond what chance and repeated tries explain."""

from __future__ import annotations

import math
from collections.abc import Iterator

from server.promotion.decision import Reason
from server.promotion.evidence import Evidence, OverallEvidence
from server.promotion.policy import GainPolicy
from shared.metrics.paired_tests import gain_bounds

PERHAPS = "gain.perhaps"


def level_of(policy: GainPolicy, tries: int) -> float:
    """Return the level of a try; those of endlessly many tries sum to the policy's."""
    if not policy.spend:
        return policy.level
    return policy.level * 6 / (math.pi * tries) ** 2


def bounds_of(overall: OverallEvidence, policy: GainPolicy, tries: int) -> tuple[float, float]:
    """Return the bounds of the gain at the level of this try."""
    return gain_bounds(overall.table.gain, overall.draws, level_of(policy, tries))


def check_gain(evidence: Evidence, policy: GainPolicy) -> Iterator[Reason]:
    """Say whether it is better, cannot be, or may be."""
    if not evidence.champion:
        yield Reason(key="gain.first", speaks="for")
    elif evidence.overall is None or not evidence.overall.table.rows:
        values = {"champion": evidence.champion}
        yield Reason(key="gain.not_compared", speaks="unknown", values=values)
    else:
        yield _compared(evidence.overall, policy, evidence.tries)
        yield from _about_rows(evidence, policy)


def _compared(overall: OverallEvidence, policy: GainPolicy, tries: int) -> Reason:
    low, high = bounds_of(overall, policy, tries)
    values: dict[str, str | int | float] = {
        "gain": overall.table.gain,
        "low": low,
        "high": high,
        "rows": overall.table.rows,
        "relevant": policy.relevant,
    }
    if low > policy.least:
        return Reason(key="gain.better", speaks="for", values=values)
    if high < 0:
        return Reason(key="gain.worse", speaks="against", values=values)
    if high < policy.relevant:
        return Reason(key="gain.not_better", speaks="against", values=values)
    return Reason(key=PERHAPS, speaks="unknown", values=values)


def _about_rows(evidence: Evidence, policy: GainPolicy) -> Iterator[Reason]:
    """Say what rows these were: later in time or not, and looked at before or not."""
    undated = [name for name, each in evidence.hospitals.items() if each.held_out == "share"]
    if undated:
        values: dict[str, str | int | float] = {"hospitals": ", ".join(sorted(undated))}
        yield Reason(key="rows.undated", speaks="note", values=values)
    if evidence.tries > 1 and policy.spend:
        level = level_of(policy, evidence.tries)
        values = {"tries": evidence.tries, "level": level}
        yield Reason(key="rows.tried", speaks="note", values=values)
