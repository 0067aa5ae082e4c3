"""Where a candidate goes next: by the gate's decision and the policy alone."""

from __future__ import annotations

import datetime

from server.promotion.candidate import Candidate, State
from server.promotion.decision import Decision
from server.promotion.policy import PromotionPolicy, StagePolicy


def first_stage(decision: Decision | None, policy: PromotionPolicy) -> State:
    """Return where a candidate begins that somebody, or the policy, said yes to."""
    asked_for = decision is not None and decision.outcome == "shadow"
    if policy.shadow.first or asked_for:
        return "shadow"
    return "canary" if policy.canary.hospitals else "everywhere"


def next_stage(state: State, policy: PromotionPolicy) -> State:
    """Return what follows a stage that passed."""
    if state == "shadow" and policy.canary.hospitals:
        return "canary"
    return "confirmed" if state == "everywhere" else "everywhere"


def goes_by_itself(decision: Decision, policy: PromotionPolicy, *, first_model: bool) -> bool:
    """Return whether the policy says yes without a person."""
    who = policy.approval.first_model if first_model else policy.approval.who
    return (
        who == "automatic" and decision.outcome in ("promote", "shadow") and not decision.waits_for
    )


def stage_policy(state: State, policy: PromotionPolicy) -> StagePolicy:
    """Return how long a stage lasts."""
    stages: dict[State, StagePolicy] = {"shadow": policy.shadow, "canary": policy.canary}
    return stages.get(state, policy.everywhere)


def hospitals_of(state: State, policy: PromotionPolicy) -> list[str]:
    """Return who gets the model in a stage; empty for everyone."""
    return list(policy.canary.hospitals) if state == "canary" else []


def still_missing(
    candidate: Candidate, policy: PromotionPolicy, answers: int, now: datetime.datetime
) -> str:
    """Return what a stage still waits for, in words; empty where it is over."""
    asked = stage_policy(candidate.state, policy)
    if candidate.deployed_at is None:
        return "no hospital has it yet"
    hours = (now - datetime.datetime.fromisoformat(candidate.deployed_at)).total_seconds() / 3600
    if hours < asked.hours:
        return f"{hours:.1f} of {asked.hours:g} hours are over"
    if answers < asked.answers:
        return f"{answers} of {asked.answers} answers were given"
    return ""
