"""The coordinator's loop: what follows from a run that ended, and from what a person says."""

from __future__ import annotations

from server.home import CoordinatorHome
from server.promotion.advancing import Advancing
from server.promotion.candidate import Candidate
from server.promotion.candidate_store import CandidateStore
from server.promotion.errors import GateRejectedError, InsufficientEvidenceError
from server.promotion.following import Following
from server.promotion.judging import decide
from server.promotion.rolling_back import newest_in_use, take_back
from server.promotion.stages import first_stage, next_stage
from server.promotion.state_words import STATES
from server.run_store import ENDED, RunStore
from shared.errors import SettingsError


def after_run(home: CoordinatorHome, run_id: str) -> Candidate | None:
    """Do what follows from a run that ended; doing it twice is doing it once.

    A reviewed learning run brings a candidate, which is judged; a run that deploys brings one to
    its next stage; a run that watches confirms it, or takes it back. What a process left undone
    that was killed is done too.

    Returns
    -------
    Candidate or None
        That the run concerns, as it is now; None where it concerns none.

    Raises
    ------
    SettingsError
        When the run goes on, or the policy cannot be used.
    """
    run = RunStore(home.engine()).read(run_id)
    if run.status not in ENDED:
        raise SettingsError(f"{run_id} goes on.", "What follows from it comes at its end.")
    following = Following.of(home)
    settings = run.settings
    if settings.deployment.enabled:
        found = following.deployment(run)
    elif settings.watch.enabled:
        found = following.watch(run)
    elif settings.exploration.enabled or settings.evaluation.enabled:
        found = None
    else:
        found = following.training(run)
    following.everything()
    return None if found is None else following.store.read(found.id)


def catch_up(home: CoordinatorHome) -> None:
    """Finish what a killed process left, and let stages end whose time is over."""
    Following.of(home).everything()


def promote(home: CoordinatorHome, candidate: str, by: str, reason: str = "") -> Candidate:
    """Have a person say yes to a candidate that waits, or has too little evidence for the gate.

    Parameters
    ----------
    candidate : str
        The run that trained it.
    by : str
        Who says yes.
    reason : str
        Why; must be given where the gate lacks evidence, and to go on before a stage is over.

    Raises
    ------
    GateRejectedError
        When the gate rejected it (exit code 3).
    InsufficientEvidenceError
        When the gate could not tell, and no reason is given (exit code 4).
    SettingsError
        When signatures are missing, it is already on its way, or another person was first.
    """
    advancing = Following.of(home).advancing
    seen = refreshed(home, candidate, advancing)
    if seen.state in ("shadow", "canary") and reason:
        # A person need not wait for the end of a stage.
        return advancing.pursue(
            advancing.enter(seen, next_stage(seen.state, advancing.policy), by, reason)
        )
    refuse_ended(seen)
    decision = decide(home, seen)
    if decision.outcome == "reject":
        raise GateRejectedError(seen.model_copy(update={"decision": decision}))
    if decision.waits_for:
        raise SettingsError(
            f"{candidate} waits for the approval of {', '.join(decision.waits_for)}.",
            f"`juntos coordinator approve {candidate} --name NAME` records it.",
        )
    if decision.outcome != "promote" and not reason:
        raise InsufficientEvidenceError(seen.model_copy(update={"decision": decision}))
    stage = first_stage(decision, advancing.policy)
    if seen.held and stage == "shadow" and not advancing.policy.shadow.first:
        # It was in shadow, which the gate asked for.
        stage = "canary" if advancing.policy.canary.hospitals else "everywhere"
    why = reason or f"{by} promoted it."
    return advancing.pursue(advancing.enter(seen, stage, by, why))


def refreshed(home: CoordinatorHome, candidate: str, advancing: Advancing) -> Candidate:
    """Return a candidate as far as it goes by itself; one that nobody took up yet is."""
    if CandidateStore(home.engine()).find(candidate) is None:
        after_run(home, candidate)
    return advancing.pursue(CandidateStore(home.engine()).read(candidate))


def refuse_ended(seen: Candidate) -> None:
    """Refuse to promote what does not wait for it.

    Raises
    ------
    GateRejectedError, SettingsError
    """
    if seen.state == "waits_for_approval":
        return
    if seen.state == "rejected" and seen.decision and seen.decision.outcome == "reject":
        raise GateRejectedError(seen)
    raise SettingsError(
        f"{seen.id} does not wait for anybody: since {seen.since} it is {STATES[seen.state]}.",
        f"`juntos coordinator decisions {seen.id}` says who decided and why.",
    )


def reject(home: CoordinatorHome, candidate: str, by: str, reason: str) -> Candidate:
    """Have a person say no to a candidate that is not in use yet.

    Raises
    ------
    SettingsError
        When it is in use, or ended already, or another person was first.
    """
    advancing = Following.of(home).advancing
    seen = refreshed(home, candidate, advancing)
    if seen.state not in ("waits_for_approval", "shadow"):
        raise SettingsError(
            f"{seen.id} cannot be rejected: it is {STATES[seen.state]}.",
            "What hospitals use is taken back with `juntos coordinator rollback`.",
        )
    return advancing.pursue(advancing.store.move(seen, "rejected", by, reason, settled=False))


def roll_back(home: CoordinatorHome, by: str, reason: str, candidate: str = "") -> Candidate:
    """Have the model before come back to the hospitals; without a name, the one in use goes.

    Raises
    ------
    SettingsError
        When nothing is in use that could be taken back, or there was no model before.
    """
    advancing = Following.of(home).advancing
    seen = advancing.store.read(candidate) if candidate else newest_in_use(advancing)
    return take_back(advancing, seen, by, reason)
