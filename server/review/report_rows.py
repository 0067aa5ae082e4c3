"""Rows of a review's tables that are not in the review as they are shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from server.card import HUMAN_NAMES
from server.review.acceptance import Acceptance
from server.review.approval import Approval
from server.review.report_words import is_known
from server.review.review import Review, Trial
from shared.run_settings import MODEL_NAMES

MOST_TRIALS = 15
HIGHER_IS_BETTER = frozenset({"accuracy", "macro_f1", "auc"})


@dataclass(frozen=True)
class Signature:
    """One person's place on the form.

    Attributes
    ----------
    approval : Approval or None
        None while it is waited for.
    is_asked : bool
        Whether `acceptance.toml` names this person.
    """

    name: str
    role: str
    approval: Approval | None
    is_asked: bool = True


@dataclass(frozen=True)
class TrialTable:
    """Trials of one kind of model.

    Attributes
    ----------
    shown : list of Trial
        The best first.
    total : int
        Including those that are not shown.
    """

    kind: str
    shown: list[Trial]
    total: int


def signatures(acceptance: Acceptance | None, approvals: Sequence[Approval]) -> list[Signature]:
    """Return everyone who has to approve or did, with their latest approval."""
    given = {key(each.name): each for each in sorted(approvals, key=lambda each: each.date)}
    asked = acceptance.signatory if acceptance else []
    found = [Signature(each.name, each.role, given.pop(key(each.name), None)) for each in asked]
    others = [Signature(each.name, each.role, each, is_asked=False) for each in given.values()]
    return found + others


def key(name: str) -> str:
    """Return what makes two spellings of a name the same person's."""
    return " ".join(name.casefold().split())


def trial_tables(review: Review) -> list[TrialTable]:
    """Return each kind's trials, those that ran to their end first, the best first."""
    sign = -1 if review.tuning_metric in HIGHER_IS_BETTER else 1

    def rank(trial: Trial) -> tuple[bool, bool, float, int]:
        # A value from an early stage does not compare with one from the last.
        value = trial.value if is_known(trial.value) else None
        return (trial.state != "complete", value is None, sign * (value or 0.0), trial.number)

    tables = []
    for name in MODEL_NAMES:
        trials = sorted((each for each in review.trials if each.kind == name), key=rank)
        if trials:
            tables.append(TrialTable(HUMAN_NAMES[name], trials[:MOST_TRIALS], len(trials)))
    return tables
