"""Signs of a sick feed: what patients cannot do, and software can.

A case mix moves many features a little and within what was seen before. A feed that falls sick
moves one column, and to where it has never been: nothing comes, always the same comes, a code does
not come any more, numbers come at another scale, or the node refuses them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from shared.contract import Contract, Feature, NumericFeature
from shared.drift.compared import Floats
from shared.drift.distances import jensen_shannon
from shared.statistics import Summary
from shared.statistics.summary import CountedSummary, FeatureSummary, NumericSummary
from shared.watch.answer import WatchAnswer
from shared.watch.units import Fit, best_scale, scales_of, share_outside
from shared.watch.verdict import Sign

# A column is gone where that share is missing, and of the rows that had a value so few have one.
_GONE, _LEFT = 0.9, 0.25
# The commonest value of a column that does not vary, and of one that did.
_CONSTANT, _VARIED = 0.98, 0.85
# A code that this many rows should have, and almost none has.
_EXPECTED, _VANISHED = 20, 0.05
# Of cases that came in, the refused ones that call for attention, and how many there must be.
_REFUSED_SHARE, _REFUSED_ROWS = 0.2, 20
# Numbers where there were none before; and how far apart two histograms then are, in bits.
_BEYOND, _FAR = 0.5, 0.5


@dataclass(frozen=True)
class FeedSign:
    """Why a feed is taken for sick.

    Attributes
    ----------
    sign : str
    values : dict of str to float or str
        Figures and names of its sentence.
    is_certain : bool
        Whether no other explanation is thinkable; the others are given up where diagnoses or
        several other features moved too.
    """

    sign: Sign
    values: Mapping[str, float | str] = field(default_factory=dict)
    is_certain: bool = True


def sign_of_feed(
    feature: Feature, reference: Summary, window: Summary, told_in: int
) -> FeedSign | None:
    """Return why the feed of a feature is taken for sick; None where it is not.

    Parameters
    ----------
    told_in : int
        Counts are multiples of it.
    """
    before, after = reference.features[feature.name], window.features[feature.name]
    gone = _gone(before, after, reference.rows, window.rows)
    if gone is not None:
        return gone
    if isinstance(before, NumericSummary) and isinstance(after, NumericSummary):
        if not isinstance(feature, NumericFeature) or not before.present or not after.present:
            return None
        first, last = (np.array(each.histogram, dtype=np.float64) for each in (before, after))
        return _numbers(feature, first, last)
    if isinstance(before, CountedSummary) and isinstance(after, CountedSummary):
        if feature.kind == "terms":
            return _vanished(before.counts, after.counts, reference.rows, window.rows, told_in)
        found = _constant(before.counts, after.counts)
        return found or _vanished(
            before.counts, after.counts, before.present, after.present, told_in
        )
    return None


def refused_sign(
    feature: Feature, answer: WatchAnswer, reference: Summary | None
) -> FeedSign | None:
    """Return whether so many cases are refused for a feature that its feed is sick."""
    refused = sum(
        each.count
        for each in answer.problems
        if each.rule == "expected" and each.feature == feature.name
    )
    share = refused / max(refused + answer.rows, 1)
    if refused < _REFUSED_ROWS or share < _REFUSED_SHARE:
        return None
    unit = ""
    if isinstance(feature, NumericFeature) and reference is not None:
        unit = _unit_outside(feature, reference)
    return FeedSign("refused", {"count": refused, "share": share, "unit": unit})


def source_sign(
    feature: Feature, answer: WatchAnswer, earlier: WatchAnswer | None, rows: int
) -> FeedSign | None:
    """Return whether rows of the source became wrong since an earlier watch."""
    if earlier is None or not rows:
        return None

    def count(told: WatchAnswer, rule: str) -> int:
        same = (each for each in told.problems if each.feature == feature.name)
        return sum(each.count for each in same if each.rule == rule)

    rules = {each.rule for each in answer.problems if each.feature == feature.name} - {"expected"}
    for rule in sorted(rules):
        more = count(answer, rule) - count(earlier, rule)
        if more >= _REFUSED_ROWS and more >= _REFUSED_SHARE * answer.rows / 2:
            return FeedSign("source", {"count": more, "rule": rule})
    return None


def derived_from(contract: Contract, sick: set[str]) -> set[str]:
    """Return the derived features that a sick one moves with it."""
    return contract.derivation.dependents(sick)


def _gone(
    before: FeatureSummary, after: FeatureSummary, rows: int, window_rows: int
) -> FeedSign | None:
    if not rows or not window_rows:
        return None
    had, has = before.present / rows, after.present / window_rows
    if 1 - has >= _GONE and has <= _LEFT * had and had * window_rows >= _EXPECTED:
        return FeedSign("missing", {"before": 1 - had, "now": 1 - has})
    return None


def _numbers(feature: NumericFeature, before: Floats, after: Floats) -> FeedSign | None:
    fit = best_scale(feature, before, after)
    if fit is not None:
        return FeedSign("unit", _words_of(fit))
    top = float(after.max() / after.sum())
    was = float(before[int(after.argmax())] / before.sum())
    varied = (1 - was) * after.sum() >= _EXPECTED and float(before.max() / before.sum()) <= _VARIED
    if top >= _CONSTANT and varied:
        return FeedSign("constant", {"share": top, "before": was})
    reached = before > 0
    width = max(3, len(before) // 20)
    near = np.convolve(reached.astype(np.float64), np.ones(width), mode="same") > 0
    beyond = float(after[~near].sum() / after.sum())
    if beyond >= _BEYOND and float(jensen_shannon(before, after)) >= _FAR:
        factor = _median(feature, after) / (_median(feature, before) or 1.0)
        return FeedSign("scale", {"share": beyond, "factor": factor}, is_certain=False)
    return None


def _words_of(fit: Fit) -> dict[str, float | str]:
    return {
        "unit": fit.scale.unit,
        "factor": fit.scale.factor,
        "share": fit.share,
        "explained": fit.explained,
    }


def _median(feature: NumericFeature, counts: Floats) -> float:
    edges = np.linspace(feature.minimum, feature.maximum, feature.bins + 1)
    below = np.concatenate([[0.0], np.cumsum(counts)])
    return float(np.interp(below[-1] / 2, below, edges))


def _constant(before: Mapping[str, int], after: Mapping[str, int]) -> FeedSign | None:
    had, has = sum(before.values()), sum(after.values())
    if not had or not has:
        return None
    code = max(after, key=lambda each: after[each])
    was = before.get(code, 0) / had
    most = max(before.values()) / had
    if after[code] / has >= _CONSTANT and most <= _VARIED and (1 - was) * has >= _EXPECTED:
        return FeedSign("constant", {"share": after[code] / has, "code": code, "before": was})
    return None


def _vanished(
    before: Mapping[str, int], after: Mapping[str, int], rows: int, window_rows: int, told_in: int
) -> FeedSign | None:
    """Return the commonest code that does not come any more."""
    if not rows or not window_rows:
        return None
    for code, count in sorted(before.items(), key=lambda each: -each[1]):
        expected = count / rows * window_rows
        if expected < max(_EXPECTED, 4 * told_in):
            return None
        if after.get(code, 0) <= _VANISHED * expected:
            values: dict[str, float | str] = {
                "code": code,
                "before": count / rows,
                "expected": expected,
            }
            return FeedSign("vanished", values, is_certain=False)
    return None


def _unit_outside(feature: NumericFeature, reference: Summary) -> str:
    """Return the likeliest unit in which numbers would leave the contract's range."""
    found = reference.features[feature.name]
    if not isinstance(found, NumericSummary) or not found.present:
        return ""
    counts = np.array(found.histogram, dtype=np.float64)
    units = [each for each in scales_of(feature.unit, feature.analyte) if each.unit]
    return next((each.unit for each in units if share_outside(feature, counts, each) >= _GONE), "")
