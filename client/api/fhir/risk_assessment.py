"""An answer as a FHIR R4 RiskAssessment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.contract import Contract


def risk_assessment(answer: Mapping[str, Any], patient: str, contract: Contract) -> dict[str, Any]:
    """Return the resource.

    Parameters
    ----------
    answer : mapping
        As `client.api.given.given` makes it.
    patient : str
        Id of the Patient resource.

    Notes
    -----
    FHIR writes probabilities as percentages (``probabilityDecimal``, at most 100). Codes are those
    of the contract.
    """
    model, identity = answer["model"], answer["prediction_id"]
    return {
        "resourceType": "RiskAssessment",
        "id": identity,
        "identifier": [{"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{identity}"}],
        "status": "preliminary",
        "method": {
            "coding": [{"system": "urn:juntos:model", "code": model["digest"]}],
            "text": f"Juntos, model {model['version']}",
        },
        "subject": {"reference": f"Patient/{patient}"},
        "occurrenceDateTime": answer["time"],
        "performer": {"display": "Juntos"},
        "prediction": [_prediction(each, contract) for each in answer["ranked"]],
        "note": [{"text": text} for text in _notes(answer)],
    }


def _prediction(ranked: Mapping[str, Any], contract: Contract) -> dict[str, Any]:
    coding = {
        "system": f"urn:juntos:contract:{contract.name}",
        "version": contract.version,
        "code": ranked["code"],
        "display": ranked["name"],
    }
    return {
        "outcome": {"coding": [coding], "text": ranked["name"]},
        "probabilityDecimal": round(100 * ranked["probability"], 4),
    }


def _notes(answer: Mapping[str, Any]) -> list[str]:
    notes = []
    if not answer["enough_evidence"]:
        notes.append(f"Not enough evidence: {answer['why_not']}")
    found = answer["prediction_set"]
    if found["coverage"] is not None:
        codes = ", ".join(found["codes"]) or "none"
        notes.append(f"Prediction set at {found['coverage']:.0%} coverage: {codes}.")
    other = answer["other"]
    if other["diseases"]:
        notes.append(f"{other['diseases']} other diseases: {other['probability']:.1%} together.")
    return notes
