"""Models as pages show them: how each stands, what can be done with it, and what would follow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from server.dashboard.standing import in_use
from server.home import CoordinatorHome
from server.promotion.candidate import Candidate, NamedModel, Transition
from server.promotion.candidate_store import CandidateStore
from server.promotion.decision import Reason
from server.promotion.policy import PromotionPolicy, read_policy
from server.promotion.stages import first_stage
from shared.errors import SettingsError

Step = Literal["promote", "reject", "rollback"]
STEPS: tuple[Step, ...] = ("promote", "reject", "rollback")
# The order in which reasons are read: what decides first.
SPEAKS = ("against", "unknown", "for", "note")
MEANINGS = {
    "trained": "unknown",
    "judged": "unknown",
    "waits_for_approval": "attention",
    "shadow": "ok",
    "canary": "ok",
    "everywhere": "ok",
    "confirmed": "ok",
    "rejected": "unknown",
    "rolled_back": "act",
}


@dataclass(frozen=True)
class ModelLine:
    """One model.

    Attributes
    ----------
    candidate : Candidate
    steps : sequence of Transition
        The oldest first.
    is_used : bool
        Whether it is the one in use.
    former : str
        Version of the model before, or its label where that came through no gate; empty for none.
    """

    candidate: Candidate
    steps: Sequence[Transition]
    is_used: bool
    former: str = ""

    @property
    def meaning(self) -> str:
        """Which of the four meanings its state has."""
        if self.candidate.state == "confirmed" and not self.is_used:
            return "unknown"
        return MEANINGS[self.candidate.state]

    @property
    def last(self) -> Transition | None:
        """How it came into its state."""
        return self.steps[-1] if self.steps else None

    @property
    def reasons(self) -> list[Reason]:
        """Why the gate decided so; what decided first."""
        decision = self.candidate.decision
        found = [*(decision.reasons if decision else []), *self.candidate.concerns]
        return sorted(found, key=lambda each: SPEAKS.index(each.speaks))

    @property
    def possible(self) -> list[Step]:
        """What a person can do with it now."""
        state = self.candidate.state
        if state == "waits_for_approval":
            return ["promote", "reject"]
        if state == "shadow":
            return ["reject"]
        taken_back = state in ("canary", "everywhere") or (state == "confirmed" and self.is_used)
        return ["rollback"] if taken_back and self.candidate.former else []

    @property
    def needs_reason(self) -> bool:
        """Whether whoever promotes it has to say why: the gate could not tell."""
        decision = self.candidate.decision
        return decision is None or decision.outcome != "promote"


def lines_of(home: CoordinatorHome) -> list[ModelLine]:
    """Return all models, the newest first."""
    store = CandidateStore(home.engine())
    everyone = store.all()
    used = in_use(everyone)
    return [
        ModelLine(
            each,
            store.transitions(each.id),
            used is not None and each.id == used.id,
            _named(each.former, everyone),
        )
        for each in reversed(everyone)
    ]


def line_of(home: CoordinatorHome, model: str) -> ModelLine:
    """Return a model.

    Raises
    ------
    SettingsError
        When there is none of this name.
    """
    found = next((each for each in lines_of(home) if each.candidate.id == model), None)
    if found is None:
        raise SettingsError(f"There is no model {model!r}.", "Models are named after their runs.")
    return found


def _named(model: NamedModel | None, everyone: Sequence[Candidate]) -> str:
    if model is None:
        return ""
    versions = {each.model.digest: each.version for each in everyone}
    return versions.get(model.digest, model.label)


def follows(line: ModelLine, policy: PromotionPolicy) -> str:
    """Return where a model goes first once it is promoted."""
    return first_stage(line.candidate.decision, policy)


def policy_of(home: CoordinatorHome) -> PromotionPolicy:
    """Return how candidates are judged and brought out.

    Raises
    ------
    SettingsError
        When ``promotion.toml`` cannot be used.
    """
    return read_policy(home)
