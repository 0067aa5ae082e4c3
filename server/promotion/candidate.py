"""A model on its way from a reviewed run to every hospital, or out."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from server.promotion.decision import Decision, Reason
from shared.settings_file import StrictModel

State = Literal[
    "trained",
    "judged",
    "waits_for_approval",
    "shadow",
    "canary",
    "everywhere",
    "confirmed",
    "rejected",
    "rolled_back",
]
# From these there is no way on; `confirmed` can still be rolled back.
ENDED: tuple[State, ...] = ("confirmed", "rejected", "rolled_back")
# In which hospitals have it.
STAGES: tuple[State, ...] = ("shadow", "canary", "everywhere")


class NamedModel(StrictModel):
    """A registered model.

    Attributes
    ----------
    label : str
        ``heart_disease.boosted_trees version 2``.
    digest : str
        SHA-256 of the bundle's manifest.
    """

    label: str
    digest: str


class Transition(StrictModel):
    """One step of a candidate.

    Attributes
    ----------
    before : str or None
        None for the first.
    at : str
        ISO 8601, UTC.
    actor : str
        The person, or ``gate``, ``loop`` for what happened by policy.
    reason : str
        In a sentence.
    """

    candidate: str
    revision: int
    before: State | None
    after: State
    at: str
    actor: str
    reason: str


class Candidate(StrictModel):
    """A model that may come into use.

    Attributes
    ----------
    id : str
        Of the run that trained it: a run has one candidate.
    model : NamedModel
    kind : str
        Kind of model.
    version : str
        MAJOR.MINOR.PATCH: another set of inputs or labels, another training, another calibration.
    inputs : str
        Hash of the contract as its run saw it.
    state : str
    since : str
        When it came into the state; ISO 8601, UTC.
    revision : int
        Grows with each transition: who changes a candidate says which revision they saw.
    decision : Decision or None
        Of the gate.
    former : NamedModel or None
        The model in use that it was judged against, and that a rollback returns.
    deployed_at : str or None
        When hospitals took it in this stage; None before.
    hospitals : dict of str to str
        Digest of the model that answers at each hospital, as last told.
    pinned : list of str
        Hospitals that stay with their own model.
    held : str
        Why it does not go on by itself; empty where it would.
    concerns : list of Reason
        What live answers say against it, where a person is to decide.
    settled : bool
        Whether everything that its last state asks for is done.
    """

    id: str
    model: NamedModel
    kind: str
    version: str
    inputs: str = ""
    state: State
    since: str
    revision: int
    decision: Decision | None = None
    former: NamedModel | None = None
    deployed_at: str | None = None
    hospitals: dict[str, str] = Field(default_factory=dict)
    pinned: list[str] = Field(default_factory=list)
    held: str = ""
    concerns: list[Reason] = Field(default_factory=list)
    settled: bool = False

    @property
    def answers_at(self) -> list[str]:
        """Hospitals where it answers, as last told."""
        return sorted(name for name, each in self.hospitals.items() if each == self.model.digest)
