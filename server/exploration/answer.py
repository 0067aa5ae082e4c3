"""What a federation's exploration comes to, in a few sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from server.exploration.asking import FederatedExploration
from server.exploration.case_mix import Apart
from server.exploration.telling import Telling
from server.exploration.told import class_count, missing
from shared.exploration.tables import CellCounts
from shared.pages.labels import class_label, feature_label
from shared.pages.words import Catalogue, Words, between, decimal, joined, percent

# Names in a sentence; the figures have all.
_MOST_NAMED = 4


@dataclass(frozen=True)
class Answer:
    """The sentence that readers come for, and what they should know beside it."""

    lead: Words
    points: list[Words]


def answer(
    found: FederatedExploration,
    features: Sequence[Telling],
    pairs: Sequence[Apart],
    say: Catalogue,
) -> Answer:
    """Sum an exploration up."""
    points = [_rare(found, say), _missing(found, say)]
    if features:
        names = joined(feature_label(each.feature) for each in features[:_MOST_NAMED])
        points.append(say("answer.telling", names=names))
    if pairs:
        most = max(pairs, key=lambda each: each.classes)
        points.append(
            say(
                "answer.apart",
                first=most.first,
                second=most.second,
                distance=decimal(most.classes, 2),
                chance=decimal(most.classes_by_chance, 2),
            )
        )
    points.append(_limits(found, say))
    return Answer(_lead(found, say), [each for each in points if each.en])


def _limits(found: FederatedExploration, say: Catalogue) -> Words:
    """Say what is not told."""
    if found.is_noised:
        deviation = decimal(found.deviation, 1)
        return say("text.private", epsilon=guarantee(found), deviation=deviation)
    smallest = max(each.smallest_cell for each in found.hospitals.values())
    return say("answer.few", count=smallest)


def guarantee(found: FederatedExploration) -> Words:
    """Write a run's formal guarantee."""
    return joined(["ε = ", decimal(found.epsilon, 2), ", δ = ", f"{found.delta:g}"], "")


def _lead(found: FederatedExploration, say: Catalogue) -> Words:
    patients = sum(each.patients for each in found.hospitals.values())
    key = "answer.patients" if len(found.answered) > 1 else "answer.patients_one"
    key += "_noised" if found.is_noised else ""
    told = say(key, hospitals=len(found.answered), patients=patients)
    return joined([told, _most_frequent(found, patients, say)], " ")


def _most_frequent(found: FederatedExploration, patients: int, say: Catalogue) -> Words:
    contract = found.contract
    totals = {code: _total(found, code) for code in contract.classes}
    if len(contract.groups) != 2:
        code = max(contract.leaves, key=lambda each: totals[each])
        return say("answer.largest", name=class_label(contract, code), rows=between(*totals[code]))
    second = contract.groups[1]
    rows = 0
    for told in found.hospitals.values():
        for group, inside in zip(told.classes.cells, told.classes.counts, strict=True):
            above = {contract.group_of(list(contract.classes)[each]) for each in group}
            if len(above) > 1:
                return Words("", "")
            rows += inside if second in above else 0
    name = class_label(contract, second).split(",")[0]
    lower = name[0].lower() + name[1:]
    return say("answer.groups", share=percent(rows / patients), name=lower)


def _total(found: FederatedExploration, code: str) -> tuple[int, int]:
    """Return the least and the most patients with a label that there can be."""
    told = [class_count(found.contract, each, code) for each in found.hospitals.values()]
    return sum(each.at_least for each in told), sum(each.at_most for each in told)


def _rare(found: FederatedExploration, say: Catalogue) -> Words:
    totals = {code: _total(found, code) for code in found.contract.leaves}
    rarest = sorted(totals, key=lambda code: totals[code][::-1])[: _MOST_NAMED - 1]
    names = [
        joined([class_label(found.contract, code), " (", between(*totals[code]), ")"], "")
        for code in rarest
    ]
    return say("answer.rare", names=joined(names))


def _missing(found: FederatedExploration, say: Catalogue) -> Words:
    absent = {}
    for name, feature in found.contract.features.items():
        shares = [missing(feature, told, name).nearly for told in found.hospitals.values()]
        most = sum(share is not None and share > 0.5 for share in shares)
        if most:
            absent[name] = most
    if not absent:
        return say("answer.missing_none")
    worst = sorted(absent, key=lambda name: -absent[name])
    return say("answer.missing", names=joined(feature_label(name) for name in worst))


def columns_named(found: FederatedExploration, say: Catalogue) -> Words:
    """Say between which classes features are told, where all hospitals tell the same."""
    first = next(iter(found.hospitals.values()))
    table = next(iter(first.features.values())).by_class
    columns = CellCounts(cells=table.columns, counts=tuple(0 for _ in table.columns))
    codes = list(found.contract.classes)
    if len(found.contract.groups) != 2:
        return Words("", "")
    names = [
        class_label(found.contract, codes[min(group)]).split(",")[0] for group in columns.cells
    ]
    return say("text.telling_class", names=joined(names, " / "))
