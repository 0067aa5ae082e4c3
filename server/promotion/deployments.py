"""Runs that bring a candidate to hospitals: asked for once, and what they brought."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from server.deployment.deploying import FederatedDeployment
from server.home import CoordinatorHome
from server.promotion.candidate import Candidate, NamedModel, State
from server.run_store import StoredRun
from server.scheduling.queue import RunQueue
from server.scheduling.request import DEPLOYMENT, URGENT, DeploymentOrder
from shared.errors import SettingsError

BY_LOOP = "loop"
GOES: dict[State, str] = {
    "shadow": "answers unseen, in shadow",
    "canary": "goes to its first hospitals",
    "everywhere": "goes to every hospital",
}


def ask_for_stage(
    home: CoordinatorHome, candidate: Candidate, hospitals: Sequence[str], reason: str
) -> int:
    """Ask for the run that brings a candidate into its stage; asking again asks for the same."""
    order = DeploymentOrder(
        model=candidate.model.label, hospitals=list(hospitals), shadow=candidate.state == "shadow"
    )
    return RunQueue(home.engine()).request(
        "deploy",
        f"{candidate.model.label} {GOES[candidate.state]}: {reason}",
        order.model_dump(mode="json"),
        BY_LOOP,
        DEPLOYMENT,
        key=f"{candidate.id}/{candidate.state}/{candidate.revision}",
    )


def ask_again(
    home: CoordinatorHome, candidate: Candidate, hospitals: Sequence[str], after: str
) -> int:
    """Ask for the candidate at hospitals that missed it; once a day, and after each watch."""
    order = DeploymentOrder(model=candidate.model.label, hospitals=sorted(hospitals))
    return RunQueue(home.engine()).request(
        "deploy",
        f"{candidate.model.label} is in use, and not yet at {', '.join(sorted(hospitals))}.",
        order.model_dump(mode="json"),
        BY_LOOP,
        DEPLOYMENT,
        key=f"{candidate.id}/again/{after}",
    )


def ask_for_former(
    home: CoordinatorHome, candidate: Candidate, former: NamedModel, reason: str, after: str = ""
) -> int:
    """Ask for the model before to come back where the candidate answers, before anything else.

    Parameters
    ----------
    after : str
        The run that brought the candidate there after it was taken back; empty for none.
    """
    order = DeploymentOrder(model=former.label, hospitals=candidate.answers_at)
    return RunQueue(home.engine()).request(
        "deploy",
        f"{candidate.model.label} is taken back: {reason}",
        order.model_dump(mode="json"),
        BY_LOOP,
        URGENT,
        key=f"{candidate.id}/rollback/{after or candidate.revision}",
    )


def cancel_waiting(home: CoordinatorHome, candidate: Candidate) -> None:
    """Take back requests for the candidate that have not begun."""
    queue = RunQueue(home.engine())
    for each in queue.waiting():
        if each.kind == "deploy" and each.settings.get("model") == candidate.model.label:
            with suppress(SettingsError):
                # It may have begun meanwhile; what it brings is seen to at its end.
                queue.cancel(each.id, f"{candidate.id} goes no further.")


def found_in(run: StoredRun) -> FederatedDeployment | None:
    """Return what a run that deploys brought; None where it did not get that far."""
    told = (run.result or {}).get("deployment")
    return None if told is None else FederatedDeployment.model_validate(told)
