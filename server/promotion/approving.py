"""A clinician's approval, and what follows from it."""

from __future__ import annotations

from server.approvals import ApprovalStore
from server.home import CoordinatorHome
from server.promotion.candidate_store import CandidateStore
from server.promotion.following import Following
from server.review.approval import Approval
from server.review.keeping import read_review, write_pages
from server.run_store import RunStore


def approve(home: CoordinatorHome, run: str, name: str, comment: str) -> Approval:
    """Record an approval; the candidate goes on where nothing else holds it.

    Raises
    ------
    SettingsError
        When there is no such run, it was not reviewed, or the person is not asked to sign.
    """
    RunStore(home.engine()).read(run)
    review = read_review(home.runs / run, run)
    store = ApprovalStore(home.engine())
    approval = store.add(run, review, name, comment)
    write_pages(home.runs / run, review, store.of(run))
    candidate = CandidateStore(home.engine()).find(run)
    if candidate is not None:
        Following.of(home).advancing.pursue(candidate)
    return approval
