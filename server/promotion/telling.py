"""What the terminal says of candidates."""

from __future__ import annotations

from server.home import CoordinatorHome
from server.promotion.advancing import Advancing
from server.promotion.candidate import STAGES, Candidate
from server.promotion.candidate_store import CandidateStore
from server.promotion.decision import Speaks
from server.promotion.policy import read_policy
from server.promotion.registry import Registry
from server.promotion.state_words import STATES

MARKS: dict[Speaks, str] = {"for": "+", "against": "-", "unknown": "?", "note": " "}


def state_of(candidate: Candidate) -> str:
    """Say where a candidate is."""
    found = STATES[candidate.state]
    if candidate.state in STAGES and candidate.deployed_at is None:
        found += ", deployment asked for"
    elif candidate.state == "confirmed" and not candidate.answers_at:
        return "was in use"
    elif candidate.state in STAGES or candidate.state == "confirmed":
        found += f", at {', '.join(candidate.answers_at) or 'no hospital yet'}"
    return found


def next_of(home: CoordinatorHome, candidate: Candidate) -> str:
    """Say what happens next; empty where nothing does."""
    if candidate.held:
        return candidate.held
    if candidate.state == "waits_for_approval":
        decision = candidate.decision
        if decision is not None and decision.waits_for:
            names = ", ".join(decision.waits_for)
            return f"juntos coordinator approve {candidate.id} --name NAME ({names})"
        return f"juntos coordinator promote {candidate.id}"
    if candidate.state in STAGES and candidate.deployed_at is None:
        return "`juntos coordinator serve` deploys it; see `juntos coordinator queue`."
    if candidate.state in STAGES:
        return _waits(home, candidate)
    if candidate.state == "rolled_back" and candidate.former and candidate.answers_at:
        return (
            f"`juntos coordinator serve` brings {candidate.former.label} back to "
            f"{', '.join(candidate.answers_at)}."
        )
    return ""


def _waits(home: CoordinatorHome, candidate: Candidate) -> str:
    missing = Advancing(home, read_policy(home), Registry(home)).waits_for(candidate)
    return f"{missing[:1].upper()}{missing[1:]}." if missing else ""


def decision_lines(candidate: Candidate, language: str = "en") -> list[str]:
    """Return a decision for people: the answer first, then each reason with its mark."""
    decision = candidate.decision
    if decision is None:
        return [f"{candidate.id} was not judged yet."]
    lines = [decision.sentence.of(language), ""]
    lines += [f"{MARKS[each.speaks]} {each.words.of(language)}" for each in decision.reasons]
    lines += [f"! {each.words.of(language)}" for each in candidate.concerns]
    return lines


def history_lines(home: CoordinatorHome, candidate: Candidate) -> list[str]:
    """Return every step of a candidate."""
    return [
        f"{each.at}  {each.after.replace('_', ' '):<20} {each.actor}: {each.reason}"
        for each in CandidateStore(home.engine()).transitions(candidate.id)
    ]
