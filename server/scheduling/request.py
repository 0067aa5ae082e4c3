"""A run that somebody or something asked for."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from shared.settings_file import StrictModel

RequestKind = Literal["learn", "evaluate", "watch", "deploy", "explore"]
KINDS: tuple[RequestKind, ...] = ("learn", "evaluate", "watch", "deploy", "explore")
RequestStatus = Literal["waiting", "running", "done", "failed", "cancelled"]
SETTLED: tuple[RequestStatus, ...] = ("done", "failed", "cancelled")

# Larger ones go first; equal ones in the order in which they were asked for.
URGENT = 100
DEPLOYMENT = 80
BY_PERSON = 60
BY_TRIGGER = 40
BY_CALENDAR = 20


class RunRequest(StrictModel):
    """A run that was asked for, as the database keeps it.

    Attributes
    ----------
    id : int
    kind : {"learn", "evaluate", "watch", "deploy", "explore"}
    reason : str
        In a sentence: shown wherever the run is.
    priority : int
        Larger ones go first. From `URGENT` on neither quiet hours nor a cool-down hold it back.
    settings : dict
        As in a run's settings file; of a deployment, a `DeploymentOrder`.
    requested_by : str
        A person, or ``calendar``, ``trigger``, ``loop``.
    requested_at, started_at, ended_at : str
        ISO 8601, UTC.
    status : {"waiting", "running", "done", "failed", "cancelled"}
        ``running`` until what follows from the run was done too.
    run_id : str or None
        Once it began.
    attempts : int
        How often the run was started: more than once where its process was killed.
    message : str
        What it waits for, or how it ended.
    """

    id: int
    kind: RequestKind
    reason: str
    priority: int
    settings: dict[str, Any]
    requested_by: str
    requested_at: str
    status: RequestStatus
    run_id: str | None = None
    started_at: str | None = None
    ended_at: str | None = None
    attempts: int = 0
    message: str = ""


class DeploymentOrder(StrictModel):
    """What a request of kind ``deploy`` has as its settings.

    Attributes
    ----------
    model : str
        As `juntos coordinator deploy` takes it: ``run-0003/boosted_trees`` or ``NAME:VERSION``;
        empty for the model in use.
    hospitals : list of str
        These only; empty for everyone.
    shadow : bool
        As a challenger, whose answers are not shown.
    settings : dict
        Other settings of the run.
    """

    model: str = ""
    hospitals: list[str] = Field(default_factory=list)
    shadow: bool = False
    settings: dict[str, Any] = Field(default_factory=dict)
