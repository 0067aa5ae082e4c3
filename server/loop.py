"""The coordinator's loop: what follows from a run that ended, and from what a person says."""

from __future__ import annotations

from server.home import CoordinatorHome
from server.promotion.candidate import Candidate


def after_run(home: CoordinatorHome, run_id: str) -> Candidate | None:
    """Do what follows from a run that ended; doing it twice is doing it once.

    A reviewed learning run brings a candidate, which is judged; a run that deploys brings one to
    its next stage; a run that watches confirms it, or takes it back.

    Returns
    -------
    Candidate or None
        That moved, or would have; None where the run concerns none.
    """
    raise NotImplementedError


def promote(home: CoordinatorHome, candidate: str, by: str, reason: str = "") -> Candidate:
    """Have a person say yes to a candidate that waits, or has too little evidence for the gate.

    Raises
    ------
    GateRejectedError
        When the gate rejected it (exit code 3).
    InsufficientEvidenceError
        When the gate could not tell, and no reason is given (exit code 4).
    SettingsError
        When signatures are missing, it is already on its way, or another person was first.
    """
    raise NotImplementedError


def reject(home: CoordinatorHome, candidate: str, by: str, reason: str) -> Candidate:
    """Have a person say no to a candidate that is not in use yet."""
    raise NotImplementedError


def roll_back(home: CoordinatorHome, by: str, reason: str, candidate: str = "") -> Candidate:
    """Have the model before come back to the hospitals; without a name, the one in use goes.

    Raises
    ------
    SettingsError
        When nothing is in use that could be taken back, or there was no model before.
    """
    raise NotImplementedError
