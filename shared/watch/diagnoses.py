"""Confirmed diagnoses of a time, put together from the watches that told them."""

from __future__ import annotations

from collections.abc import Sequence

from shared.contract import Contract
from shared.metrics import Evaluation, merge_evaluations
from shared.watch.watch import Watch


def confirmed_of(history: Sequence[Watch], hospital: str, digest: str) -> list[Evaluation]:
    """Return what was confirmed of one model at a hospital, watch by watch, the oldest first."""
    found = []
    for each in history:
        answer = each.answers.get(hospital)
        if answer is None or answer.confirmed is None or answer.service.digest != digest:
            continue
        if answer.confirmed.evaluation.group.rows:
            found.append(answer.confirmed.evaluation)
    return found


def last_and_first(
    told: Sequence[Evaluation], least: int
) -> tuple[Evaluation | None, Evaluation | None]:
    """Return the newest ones that are enough together, and the first ones that are; None without.

    No diagnosis is in both.
    """
    last, rest = _enough(list(reversed(told)), least)
    first, _ = _enough(list(reversed(rest)), least)
    return last, first


def diagnoses_of(contract: Contract, evaluation: Evaluation) -> dict[str, int]:
    """Return rows by confirmed diagnosis."""
    return {
        leaf: sum(row)
        for leaf, row in zip(contract.leaves, evaluation.finest.confusion, strict=True)
    }


def _enough(told: list[Evaluation], least: int) -> tuple[Evaluation | None, list[Evaluation]]:
    """Return the first ones that are enough together, and the others."""
    rows = 0
    for place, each in enumerate(told):
        rows += each.group.rows
        if rows >= least:
            return merge_evaluations(told[: place + 1]), told[place + 1 :]
    return None, []
