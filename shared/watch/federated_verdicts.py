"""Whether patients have changed over the federation as a whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from shared.contract import Contract
from shared.drift.stratified import distances_of
from shared.pages.labels import feature_label
from shared.pages.words import joined
from shared.watch.data_verdicts import evidence_of
from shared.watch.judging import Judged, clearest
from shared.watch.sentences import Evidence, catalogue, verdict
from shared.watch.settings import WatchSettings
from shared.watch.verdict import FEDERATION, WatchVerdict

_WINDOWS = 2_000
# What is left once the hospital that moved is taken away, and might be chance.
_CHANCE = 0.05


def federated_verdicts(
    contract: Contract,
    federated: Sequence[Judged],
    names: Mapping[str, list[str]],
    same_way: Mapping[str, list[str]],
    moved: Mapping[str, list[str]],
    settings: WatchSettings,
) -> list[WatchVerdict]:
    """Return a verdict on each feature over all hospitals whose feed of it is well.

    Parameters
    ----------
    federated : sequence of Judged
    names : mapping of str to list of str
        By feature, whose windows are in it, in order.
    same_way : mapping of str to list of str
        By feature, the hospitals where it moved the same way, if several.
    moved : mapping of str to list of str
        By feature, the hospitals where it moved enough to be told of each alone.
    """
    found = []
    for name in contract.features:
        judged = [each for each in federated if each.table.feature == name]
        alone = moved.get(name, [])
        found.append(_verdict(name, judged, names.get(name, []), same_way, alone, settings))
    return found


def _verdict(
    name: str,
    judged: list[Judged],
    names: list[str],
    same_way: Mapping[str, list[str]],
    moved: list[str],
    settings: WatchSettings,
) -> WatchVerdict:
    say, values = catalogue(), {"feature": feature_label(name)}
    if not judged:
        words = say("data.insufficient_federation", **values)
        return verdict("data", FEDERATION, "insufficient", words, feature=name)
    best = clearest(judged)
    rows = round(best.table.counts.rows)
    evidence: Evidence = {**evidence_of(judged), "hospitals": names}
    score = best.distances.jensen_shannon
    if not best.has_moved:
        words = say("data.steady_federation", **values)
        return verdict(
            "data", FEDERATION, "steady", words, feature=name, score=score, evidence=evidence
        )
    hospitals = same_way.get(name, [])
    alone = "" if hospitals or len(moved) != 1 else driven_by(best, names, moved[0], settings)
    if alone:
        words = say("data.driven", **values, hospital=alone)
        return verdict(
            "data",
            FEDERATION,
            "steady",
            words,
            feature=name,
            score=score,
            evidence={**evidence, "driven_by": alone},
        )
    words = (
        say("data.everywhere", **values, hospitals=joined(hospitals), rows=rows)
        if hospitals
        else say("data.federation", **values, rows=rows)
    )
    return verdict(
        "data",
        FEDERATION,
        "alarm",
        words,
        feature=name,
        sign="everywhere",
        score=score,
        evidence={**evidence, "same_way": hospitals},
    )


def driven_by(judged: Judged, names: Sequence[str], name: str, settings: WatchSettings) -> str:
    """Return a hospital that moved, if nothing has moved without it; otherwise an empty text."""
    if name not in names:
        return ""
    if len(names) == 1:
        return name
    without = distances_of(
        judged.table.counts.without(names.index(name)),
        settings.cut_off_level,
        _WINDOWS,
        np.random.default_rng(0),
    )
    return name if without.p_value > _CHANCE else ""
