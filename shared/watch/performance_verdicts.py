"""Whether the model is as good as asked, and as good as it was at first."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy.stats import norm

from shared.contract import Contract
from shared.metrics import Evaluation, merge_evaluations
from shared.metrics.counts import LevelCounts
from shared.metrics.scores import histogram_auc
from shared.metrics.wilson import wilson
from shared.pages.labels import class_label, feature_label
from shared.pages.words import decimal, percent
from shared.watch.diagnoses import last_and_first
from shared.watch.sentences import catalogue, hospital_words, verdict
from shared.watch.settings import WatchSettings
from shared.watch.verdict import WatchVerdict

_NORMAL_QUANTILE = 1.959963984540054
_DRAWS = 2_000


def performance_verdicts(
    contract: Contract,
    hospital: str,
    told: Sequence[Evaluation],
    sick: Sequence[str],
    settings: WatchSettings,
    tests: int,
) -> list[WatchVerdict]:
    """Return what confirmed diagnoses say of the model at a hospital, or at all.

    Parameters
    ----------
    told : sequence of Evaluation
        Of the model in service, the oldest first.
    sick : sequence of str
        Features whose feed is sick there.
    tests : int
        What the false alarm rate is divided by: how many falls this watch tests, and what else.
    """
    everything = merge_evaluations(told) if told else None
    rows = everything.group.rows if everything else 0
    say, where = catalogue(), hospital_words(hospital)
    if everything is None or rows < settings.least_confirmed:
        words = say(
            "performance.insufficient", hospital=where, count=rows, least=settings.least_confirmed
        )
        return [verdict("performance", hospital, "insufficient", words, evidence={"rows": rows})]
    found = [
        *_recalls(contract, hospital, everything, settings),
        *_area(hospital, everything, settings),
        *_calibration(hospital, everything, settings),
        *_fall(hospital, told, sick, settings, tests),
    ]
    if found:
        return found
    words = say("performance.steady", hospital=where, count=rows)
    return [verdict("performance", hospital, "steady", words, evidence={"rows": rows})]


def _recalls(
    contract: Contract, hospital: str, evaluation: Evaluation, settings: WatchSettings
) -> list[WatchVerdict]:
    found: list[WatchVerdict] = []
    for counts in (evaluation.finest, evaluation.group):
        for place, code in enumerate(counts.classes):
            least = settings.recall_of.get(code, settings.least_recall)
            rows, hits = sum(counts.confusion[place]), counts.confusion[place][place]
            if any(code == each.feature for each in found) or rows < settings.least_confirmed:
                continue
            low, high = wilson(hits, rows)
            if not least or low >= least:
                continue
            words = catalogue()(
                "performance.recall",
                name=class_label(contract, code),
                hospital=hospital_words(hospital),
                count=rows,
                value=percent(hits / rows),
                low=percent(low),
                least=percent(least),
            )
            found.append(
                verdict(
                    "performance",
                    hospital,
                    "alarm",
                    words,
                    feature=code,
                    sign="recall",
                    score=least - low,
                    evidence={
                        "rows": rows,
                        "value": hits / rows,
                        "low": low,
                        "high": high,
                        "least": least,
                    },
                )
            )
    return found


def _area(hospital: str, evaluation: Evaluation, settings: WatchSettings) -> list[WatchVerdict]:
    value, low = area_with_bound(evaluation.group)
    if not settings.least_auc or value is None or low >= settings.least_auc:
        return []
    rows = evaluation.group.rows
    words = catalogue()(
        "performance.auc",
        hospital=hospital_words(hospital),
        value=decimal(value, 3),
        low=decimal(low, 3),
        least=decimal(settings.least_auc, 3),
        count=rows,
    )
    evidence = {"rows": float(rows), "value": value, "low": low, "least": settings.least_auc}
    return [
        verdict(
            "performance",
            hospital,
            "alarm",
            words,
            sign="auc",
            score=settings.least_auc - low,
            evidence={**evidence},
        )
    ]


def area_with_bound(counts: LevelCounts) -> tuple[float | None, float]:
    """Return the mean area under the curve over classes, and its lower bound (95%, two-sided).

    The standard error of each class is that of Hanley and McNeil (1982); the classes share rows, so
    that the mean of the errors bounds the error of the mean.
    """
    areas, errors = [], []
    for own, others in zip(counts.score_of_class, counts.score_of_others, strict=True):
        area = histogram_auc(np.array(own), np.array(others))
        first, second = sum(own), sum(others)
        if area is None:
            continue
        one, two = area / (2 - area), 2 * area**2 / (1 + area)
        variance = (
            area * (1 - area) + (first - 1) * (one - area**2) + (second - 1) * (two - area**2)
        ) / (first * second)
        areas.append(area)
        errors.append(math.sqrt(max(variance, 0.0)))
    if not areas:
        return None, 0.0
    mean = float(np.mean(areas))
    return mean, max(0.0, mean - _NORMAL_QUANTILE * float(np.mean(errors)))


def _calibration(
    hospital: str, evaluation: Evaluation, settings: WatchSettings
) -> list[WatchVerdict]:
    rows = evaluation.finest.rows
    limit = settings.largest_calibration_error
    if limit >= 1 or rows < settings.least_confirmed:
        return []
    value, low = calibration_with_bound(evaluation.finest)
    if low <= limit:
        return []
    words = catalogue()(
        "performance.calibration",
        hospital=hospital_words(hospital),
        value=percent(value),
        low=percent(low),
        least=percent(limit),
        count=rows,
    )
    evidence = {"rows": float(rows), "value": value, "low": low, "least": limit}
    return [
        verdict(
            "performance",
            hospital,
            "alarm",
            words,
            sign="calibration",
            score=low - limit,
            evidence={**evidence},
        )
    ]


def calibration_with_bound(counts: LevelCounts, seed: int = 0) -> tuple[float, float]:
    """Return the expected calibration error, and what of it chance does not explain.

    A perfectly calibrated model has an error too, since hits are drawn: what 95 in 100 draws do not
    exceed is taken off.
    """
    rows = np.array(counts.reliability_rows)
    confidence = np.array(counts.reliability_confidence)
    total = max(int(rows.sum()), 1)
    seen = float(np.abs(confidence - np.array(counts.reliability_hits)).sum() / total)
    chance = np.clip(np.divide(confidence, np.maximum(rows, 1)), 0.0, 1.0)
    drawn = np.random.default_rng(seed).binomial(rows, chance, (_DRAWS, len(rows)))
    by_chance = np.abs(confidence - drawn).sum(axis=1) / total
    return seen, max(0.0, seen - float(np.quantile(by_chance, 0.95)))


def _fall(
    hospital: str,
    told: Sequence[Evaluation],
    sick: Sequence[str],
    settings: WatchSettings,
    tests: int,
) -> list[WatchVerdict]:
    """Return whether the newest confirmed diagnoses were met less often than the first ones."""
    last, first = last_and_first(told, settings.least_confirmed)
    if last is None or first is None:
        return []
    now, rows = _right(last), _rows(last)
    before, earlier = _right(first), _rows(first)
    if not rows or not earlier:
        return []
    p_value = p_of_fall(now, rows, before, earlier, settings.largest_fall)
    if p_value > settings.false_alarm_rate / max(tests, 1):
        return []
    words = catalogue()(
        "performance.accuracy_feed" if sick else "performance.accuracy",
        hospital=hospital_words(hospital),
        now=percent(now / rows),
        before=percent(before / earlier),
        count=rows,
        earlier=earlier,
        sick=", ".join(map(feature_label, sick)),
    )
    evidence: dict[str, float | str | list[str]] = {
        "rows": rows,
        "value": now / rows,
        "first_rows": earlier,
        "first_value": before / earlier,
        "p_value": p_value,
        "sick_feeds": list(sick),
    }
    return [
        verdict(
            "performance",
            hospital,
            "alarm",
            words,
            sign="accuracy",
            score=before / earlier - now / rows,
            evidence=evidence,
        )
    ]


def p_of_fall(now: int, rows: int, before: int, earlier: int, allowed: float) -> float:
    """Return the chance of such a fall of a share where at most `allowed` is lost (one-sided).

    By Agresti and Caffo's (2000) interval, whose two added rows keep it honest for few rows.
    """
    first, last = (before + 1) / (earlier + 2), (now + 1) / (rows + 2)
    error = math.sqrt(first * (1 - first) / (earlier + 2) + last * (1 - last) / (rows + 2))
    return float(norm.sf((first - last - allowed) / error))


def _right(evaluation: Evaluation) -> int:
    counts = evaluation.finest if evaluation.finest.rows else evaluation.group
    return counts.top_hits[1]


def _rows(evaluation: Evaluation) -> int:
    return evaluation.finest.rows or evaluation.group.rows
