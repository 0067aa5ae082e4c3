"""From a case to an answer that is written down; what the page shows is read from there."""

from __future__ import annotations

import time
from typing import Any

from client.api.answering import Answering, Question
from client.audit import Prediction
from client.ranking.served_ranking import ServedRanking
from client.serving.answer import Answer, Explanation, ModelIdentity, NextFinding, Reason
from client.serving.case import Case
from client.serving.explaining.next_findings import entropy
from client.serving.served_model import ServedModel
from client.serving.services import NodeServices

SHOWN = 10
FOR, AGAINST = 3, 1
NEXT = 3


def ask(
    services: NodeServices, case: Case, patient: str, reader: str, *, ranks: bool = False
) -> Prediction:
    """Answer with the active model, and write the answer down with its reasons.

    Parameters
    ----------
    patient : str
        Pseudonym; empty where no patient was named.
    reader : str
        Who asks.
    ranks : bool
        Whether all known diseases are ranked, where the hospital has an engine for it.

    Raises
    ------
    NoModelError
        When there is no model.
    AuditUnavailableError
        When the answer cannot be written down; it must not be shown.
    """
    begun = time.perf_counter()
    engine = services.rankings.engine if services.rankings and ranks else None
    output, identity = _ranked(engine, case) if engine else _answered(services.store.active, case)
    prediction = Prediction(
        input=case.values,
        output=output,
        caller=reader,
        model=identity.version,
        model_digest=identity.digest,
        contract=identity.contract_version,
        patient=patient,
        latency=time.perf_counter() - begun,
    )
    services.audit.record(prediction)
    return prediction


def _answered(model: ServedModel, case: Case) -> tuple[dict[str, Any], ModelIdentity]:
    answer = model.answer(case)
    return {**answer.as_json(), "clinic": reasons_json(model, case, answer)}, answer.model


def _ranked(engine: ServedRanking, case: Case) -> tuple[dict[str, Any], ModelIdentity]:
    return engine.output(case), engine.identity


def challenge(services: NodeServices, case: Case, shown: Prediction) -> None:
    """Let the challenger answer too, for the record alone."""
    question = Question(case=case, patient=shown.patient, id=shown.id)
    Answering(services).challenge([question], shown.caller, shown.request)


def reasons_json(model: ServedModel, case: Case, answer: Answer) -> dict[str, Any]:
    """Return what spoke for and against each disease shown, and what to check next."""
    shown = answer.ranked[:SHOWN]
    bits = float(entropy(model.probabilities([case]))[0])
    return {
        "reasons": {each.code: _reasons(model.explain(case, each.code)) for each in shown},
        "next": [_next(each) for each in model.next_findings(case, NEXT)],
        "uncertainty_bits": bits,
        "diseases": len(answer.ranked) + answer.other_diseases,
    }


def _reasons(explanation: Explanation) -> dict[str, Any]:
    return {
        "for": [_reason(each) for each in explanation.supporting[:FOR]],
        "against": [_reason(each) for each in explanation.opposing[:AGAINST]],
    }


def _reason(reason: Reason) -> dict[str, Any]:
    return {
        "feature": reason.feature,
        "term": reason.term,
        "words": reason.words,
        "recorded": reason.recorded,
    }


def _next(found: NextFinding) -> dict[str, Any]:
    return {
        "feature": found.feature,
        "term": found.term,
        "words": found.words,
        "expected_drop_bits": found.expected_drop,
    }
