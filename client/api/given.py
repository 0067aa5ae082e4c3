"""What a caller gets of an answer: built from what was written down, so that it can be again."""

from __future__ import annotations

from typing import Any

from client.audit import Prediction, Recorded
from client.serving.answer import Explanation, NextFinding, Reason

MOST_REASONS = 10


def given(written: Prediction | Recorded) -> dict[str, Any]:
    """Return an answer as the API gives it.

    Parameters
    ----------
    written : Prediction or Recorded
        With its contents.
    """
    output = written.output or {}
    content = {
        "prediction_id": written.id,
        "request_id": written.request,
        "time": written.time,
        "model": {"version": written.model, "digest": written.model_digest},
        "contract": {
            "version": written.contract,
            "hash": output["model"]["contract_hash"],
        },
        "ranked": output["ranked"],
        "other": {
            "diseases": output["other_diseases"],
            "probability": output["other_probability"],
        },
        "prediction_set": {
            "coverage": output["coverage"],
            "codes": output["prediction_set"],
        },
        "enough_evidence": output["enough_evidence"],
        "why_not": output["why_not"],
        "why_not_code": output["why_not_code"],
    }
    if "explanation" in output:
        content["explanation"] = output["explanation"]
    return content


def explanation_json(explanation: Explanation, next_findings: list[NextFinding]) -> dict[str, Any]:
    """Return why, as it is written down and given."""
    return {
        "code": explanation.code,
        "scale": explanation.scale,
        "baseline": explanation.baseline,
        "supporting": [_reason(each) for each in explanation.supporting[:MOST_REASONS]],
        "opposing": [_reason(each) for each in explanation.opposing[:MOST_REASONS]],
        "next_findings": [
            {
                "feature": each.feature,
                "term": each.term,
                "words": each.words,
                "expected_drop_bits": each.expected_drop,
            }
            for each in next_findings
        ],
    }


def _reason(reason: Reason) -> dict[str, Any]:
    return {
        "feature": reason.feature,
        "term": reason.term,
        "words": reason.words,
        "weight": reason.weight,
    }
