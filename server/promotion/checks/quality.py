"""Whether it is as honest, as private and as stable as it must be, and its reviewers say so."""

from __future__ import annotations

from collections.abc import Iterator

from server.promotion.decision import Reason
from server.promotion.evidence import Evidence, ReviewEvidence
from server.promotion.policy import QualityPolicy


def check_quality(evidence: Evidence, policy: QualityPolicy) -> Iterator[Reason]:
    """Look at the review, at calibration and at what attackers find."""
    yield from _review(evidence.review)
    yield from _calibration(evidence, policy)
    yield from _attack(evidence, policy)


def _review(review: ReviewEvidence | None) -> Iterator[Reason]:
    if review is None:
        yield Reason(key="review.none", speaks="unknown")
        return
    for what in review.blocking:
        yield Reason(key="review.blocks", speaks="against", values={"what": what})
    if review.verdict == "ready":
        yield Reason(key="review.ready", speaks="for")
    elif not review.blocking:
        yield Reason(key="review.iterate", speaks="against")
    if review.criteria:
        values: dict[str, str | int | float] = {"met": review.met, "criteria": review.criteria}
        yield Reason(key="review.criteria", speaks="note", values=values)
    else:
        yield Reason(key="review.no_criteria", speaks="note")
    yield from _stability(review)


def _stability(review: ReviewEvidence) -> Iterator[Reason]:
    if review.accuracy_deviation is None:
        return
    values: dict[str, str | int | float] = {
        "deviation": review.accuracy_deviation,
        "limit": review.largest_deviation,
    }
    stable = review.accuracy_deviation <= review.largest_deviation
    key = "stability.stable" if stable else "stability.unstable"
    yield Reason(key=key, speaks="for" if stable else "against", values=values)


def _calibration(evidence: Evidence, policy: QualityPolicy) -> Iterator[Reason]:
    if evidence.overall is None:
        return
    before, now = evidence.champion_calibration, evidence.calibration
    if before is None or now is None:
        yield Reason(key="calibration.unknown", speaks="unknown")
        return
    values: dict[str, str | int | float] = {
        "before": before,
        "now": now,
        "margin": policy.calibration_margin,
    }
    kept = now <= before + policy.calibration_margin
    key = "calibration.kept" if kept else "calibration.worse"
    yield Reason(key=key, speaks="for" if kept else "against", values=values)


def _attack(evidence: Evidence, policy: QualityPolicy) -> Iterator[Reason]:
    if evidence.attack is not None:
        found = evidence.attack
        withstood = found.low <= found.limit
        key = "attack.withstood" if withstood else "attack.succeeds"
        values: dict[str, str | int | float] = {"auc": found.low, "auc_limit": found.limit}
        yield Reason(key=key, speaks="for" if withstood else "against", values=values)
    elif evidence.is_private:
        yield Reason(key="attack.private", speaks="for")
    elif policy.attack:
        yield Reason(key="attack.none", speaks="unknown")
