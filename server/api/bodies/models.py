"""Models on their way, in requests and answers."""

from __future__ import annotations

import datetime

from pydantic import Field

from server.api.bodies.words import Sentence
from server.api.given import Line, Reason
from server.dashboard.models import ModelLine, Step
from server.promotion.candidate import NamedModel, State, Transition
from server.promotion.decision import Decision, Outcome, Speaks
from server.promotion.decision import Reason as GateReason
from server.promotion.sign_off import StandingSignOff
from shared.settings_file import StrictModel


class ModelBody(StrictModel):
    """One model: a candidate, in use, or out."""

    id: str = Field(description="Of the run that trained it.")
    kind: str
    version: str
    label: str
    digest: str
    state: State
    since: str
    revision: int = Field(description="Grows with each step; say which one you decided about.")
    is_used: bool
    former: str = Field(description="What comes back when it is taken back; empty for nothing.")
    possible: list[Step] = Field(description="What a person can do with it now.")
    needs_reason: bool = Field(description="Whether whoever promotes it has to say why.")
    outcome: Outcome | None = Field(description="Of the gate; null before it was judged.")
    sentence: Sentence | None

    @classmethod
    def of(cls, line: ModelLine) -> ModelBody:
        """Return a model as the list has it."""
        return cls(**_plain(line))


class ReasonBody(StrictModel):
    """One thing that the gate, or what happened since, says."""

    key: str
    speaks: Speaks
    about: str = Field(description="The hospital or class; empty for the whole.")
    values: dict[str, str | int | float]
    text: Sentence

    @classmethod
    def of(cls, reason: GateReason) -> ReasonBody:
        """Return one reason."""
        return cls(
            key=reason.key,
            speaks=reason.speaks,
            about=reason.about,
            values=reason.values,
            text=Sentence.of(reason.words),
        )


class GateBody(StrictModel):
    """What the gate decided."""

    outcome: Outcome
    gain: float | None = Field(description="How much more often it is right than the one in use.")
    low: float | None
    high: float | None
    level: float = Field(description="One-sided, of the interval; stricter with each try.")
    tries: int
    waits_for: list[str] = Field(description="Who has to sign.")
    signed_by: list[str]

    @classmethod
    def of(cls, decision: Decision) -> GateBody:
        """Return a decision without its reasons."""
        return cls(**{name: getattr(decision, name) for name in cls.model_fields})


class ModelDetail(ModelBody):
    """A model with every reason and every step."""

    gate: GateBody | None
    reasons: list[ReasonBody] = Field(description="What decides first.")
    steps: list[Transition]
    answers_at: list[str]
    pinned: list[str] = Field(description="Hospitals that stay with their own model.")
    held: str = Field(description="Why it does not go on by itself; empty where it would.")
    former_model: NamedModel | None

    @classmethod
    def of(cls, line: ModelLine) -> ModelDetail:
        """Return a model with everything that is known of it."""
        each = line.candidate
        return cls(
            **_plain(line),
            gate=GateBody.of(each.decision) if each.decision else None,
            reasons=[ReasonBody.of(reason) for reason in line.reasons],
            steps=list(line.steps),
            answers_at=each.answers_at,
            pinned=each.pinned,
            held=each.held,
            former_model=each.former,
        )


class ModelList(StrictModel):
    """All models, the newest first."""

    models: list[ModelBody]


class StepBody(StrictModel):
    """What somebody decides about a model."""

    reason: Reason = Field(
        default="", description="Why; may be missing only where the gate says yes to a promotion."
    )
    revision: int | None = Field(
        default=None,
        ge=1,
        description="Which one was looked at: decided meanwhile, the answer is 409.",
    )


class ApprovalRequest(StrictModel):
    """A clinician's approval."""

    name: Line = Field(min_length=1, description="As acceptance.toml has it.")
    comment: Reason = ""


class ApprovalBody(StrictModel):
    """An approval that was written down."""

    run: str
    name: str
    role: str
    date: datetime.date
    comment: str


class SignOffRequest(StrictModel):
    """A standing sign-off: it serves in place of an approval of each run."""

    name: Line = Field(min_length=1, description="As acceptance.toml has it.")
    ends_on: datetime.date
    role: Line = ""
    largest_class_drop: float = Field(default=0.0, ge=0, le=1)
    least_gain: float = Field(default=0.0, ge=-1, le=1)
    comment: Reason = ""


class SignOffList(StrictModel):
    """All standing sign-offs, the oldest first."""

    sign_offs: list[StandingSignOff]


def _plain(line: ModelLine) -> dict[str, object]:
    each = line.candidate
    return {
        "id": each.id,
        "kind": each.kind,
        "version": each.version,
        "label": each.model.label,
        "digest": each.model.digest,
        "state": each.state,
        "since": each.since,
        "revision": each.revision,
        "is_used": line.is_used,
        "former": line.former,
        "possible": line.possible,
        "needs_reason": line.needs_reason,
        "outcome": each.decision.outcome if each.decision else None,
        "sentence": Sentence.of(each.decision.sentence) if each.decision else None,
    }
