"""The gate: from evidence and rules to a decision, without a look at anything else."""

from __future__ import annotations

from server.promotion.checks.gain import PERHAPS, bounds_of, check_gain, level_of
from server.promotion.checks.hospitals import check_hospitals
from server.promotion.checks.quality import check_quality
from server.promotion.checks.rare_classes import check_classes
from server.promotion.checks.signatures import check_signatures
from server.promotion.decision import Decision, Outcome, Reason, Speaks
from server.promotion.evidence import Evidence
from server.promotion.policy import PromotionPolicy

ORDER: tuple[Speaks, ...] = ("against", "unknown", "for", "note")


def judge(evidence: Evidence, policy: PromotionPolicy) -> Decision:
    """Decide whether a challenger replaces the model in use.

    It is promoted only where it is shown to be right more often, to be at most the margin worse for
    each rare class, as well calibrated, and harmful to no hospital; where its review says ready,
    and where nothing that should be known is unknown.

    Parameters
    ----------
    evidence : Evidence
    policy : PromotionPolicy

    Returns
    -------
    Decision
        The same for the same evidence and policy.
    """
    reasons = [
        *check_gain(evidence, policy.gain),
        *check_classes(evidence, policy.classes),
        *check_hospitals(evidence, policy.harm, policy.quality.largest_influence),
        *check_quality(evidence, policy.quality),
    ]
    signatures = check_signatures(evidence)
    reasons += signatures.reasons
    gain, low, high = _bounds(evidence, policy)
    return Decision(
        outcome=outcome_of(reasons),
        reasons=sorted(reasons, key=lambda each: ORDER.index(each.speaks)),
        waits_for=signatures.waits,
        signed_by=signatures.signed,
        level=level_of(policy.gain, evidence.tries),
        tries=evidence.tries,
        gain=gain,
        low=low,
        high=high,
    )


def outcome_of(reasons: list[Reason]) -> Outcome:
    """Return what the reasons together mean: one against is enough, one unknown is too many."""
    if any(each.speaks == "against" for each in reasons):
        return "reject"
    unknown = {each.key for each in reasons if each.speaks == "unknown"}
    if unknown == {PERHAPS}:
        return "shadow"
    return "insufficient" if unknown else "promote"


def _bounds(
    evidence: Evidence, policy: PromotionPolicy
) -> tuple[float | None, float | None, float | None]:
    if evidence.overall is None or not evidence.overall.table.rows:
        return None, None, None
    low, high = bounds_of(evidence.overall, policy.gain, evidence.tries)
    return evidence.overall.table.gain, low, high
