"""Diagnoses that were confirmed since the last watch, against what was answered."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np

from client.confirmations.confirmations import Confirmations
from client.confirmations.pairs import Pair, pairs_of
from client.confirmations.performance import days_until_confirmed, performance_of
from client.serving.served_model import ServedModel
from client.serving.services import NodeServices
from shared.contract import Contract
from shared.watch.answer import DELAYS, Confirmed


def confirmed_since(
    services: NodeServices, model: ServedModel, since: str, days: int, now: datetime
) -> Confirmed:
    """Return the model's answers whose diagnosis was first confirmed from a time on.

    Each patient counts with the last answer; answers older than `days` are not looked at.
    """
    cases = Confirmations(services.audit, services.contract).cases()
    begin = (now - timedelta(days=days)).isoformat()
    pairs = pairs_of(
        services.audit, cases, model=model.identity.digest, since=begin, until="", mode="shown"
    )
    until = now.isoformat(timespec="microseconds")
    told = _once_each(
        [each for each in pairs.confirmed if (since or begin) <= each.case.first_time < until]
    )
    lifted = [_lifted(services.contract, model.contract, each) for each in told]
    found = performance_of(model.contract, replace(pairs, confirmed=lifted))
    delays = [days_until_confirmed(each) for each in told]
    return Confirmed(
        evaluation=found.evaluation,
        until=until,
        delays=np.bincount(np.searchsorted(DELAYS, delays), minlength=len(DELAYS) + 1).tolist(),
    )


def new_for_training(services: NodeServices, model: ServedModel) -> int:
    """Return how many cases were confirmed since the model was made."""
    made = datetime.fromisoformat(model.parts.manifest.created_at)
    cases = Confirmations(services.audit, services.contract).cases()
    return sum(
        each.state == "confirmed"
        and bool(each.prediction)
        and datetime.fromisoformat(each.first_time) > made
        for each in cases
    )


def _once_each(pairs: list[Pair]) -> list[Pair]:
    ordered = sorted(pairs, key=lambda each: each.answer.time)
    return list({each.answer.patient or each.answer.id: each for each in ordered}.values())


def _lifted(contract: Contract, seen: Contract, pair: Pair) -> Pair:
    """Return a diagnosis as a model sees it that only tells the coarsest classes apart."""
    code = pair.case.code
    if code in seen.classes or code not in contract.classes:
        return pair
    return replace(pair, case=replace(pair.case, code=contract.group_of(code)))
