"""A model on its way from a reviewed run to every hospital, or out."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from server.promotion.decision import Decision
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
    state : str
    since : str
        When it came into the state; ISO 8601, UTC.
    revision : int
        Grows with each transition: who changes a candidate says which revision they saw.
    decision : Decision or None
        Of the gate.
    former : NamedModel or None
        The model in use that it was judged against, and that a rollback returns.
    hospitals : dict of str to str
        Digest of the model that answers at each hospital, as last told.
    pinned : list of str
        Hospitals that stay with their own model.
    """

    id: str
    model: NamedModel
    kind: str
    version: str
    state: State
    since: str
    revision: int
    decision: Decision | None = None
    former: NamedModel | None = None
    hospitals: dict[str, str] = Field(default_factory=dict)
    pinned: list[str] = Field(default_factory=list)
