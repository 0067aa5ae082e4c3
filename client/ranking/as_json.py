"""A ranking as it is written down and given: plain values, with everything that entered."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from client.ranking.prevalence import PrevalenceSettings
from client.serving.answer import ModelIdentity
from shared.ranking.answer import RankedDisease, Ranking, Reason

MOST_REASONS = 10


WHY_NOT = {
    "": "",
    "no findings": "Nothing is recorded of the patient that diseases could be ranked by.",
    "no usable findings": "No finding of the patient is one that the ontology knows.",
    "too little to tell": "What is recorded fits too many diseases alike.",
}


def output_of(
    ranking: Ranking, identity: ModelIdentity, prevalence: PrevalenceSettings
) -> dict[str, Any]:
    """Return what is written down of a ranking: what any answer has, and the ranking itself."""
    within = set(ranking.prediction_set)
    shown = sum(each.probability for each in ranking.diseases)
    return {
        "ranked": [
            {
                "code": each.code,
                "name": each.name,
                "probability": each.probability,
                "training_cases": each.cases,
                "in_set": each.code in within,
            }
            for each in ranking.diseases
        ],
        "other_probability": max(0.0, 1.0 - shown),
        "other_diseases": 0,
        "coverage": ranking.coverage,
        "prediction_set": list(ranking.prediction_set),
        "enough_evidence": ranking.enough_evidence,
        "why_not": WHY_NOT[ranking.doubt],
        "why_not_code": ranking.doubt.replace(" ", "_"),
        "model": dict(vars(identity)),
        "ranking": ranking_json(ranking, prevalence),
    }


def ranking_json(ranking: Ranking, prevalence: PrevalenceSettings) -> dict[str, Any]:
    """Return a ranking with the prevalence that entered it."""
    here = prevalence.here
    return {
        "diseases": [_disease(each, here) for each in ranking.diseases],
        "something_else": ranking.something_else,
        "prediction_set": list(ranking.prediction_set),
        "coverage": ranking.coverage,
        "enough_evidence": ranking.enough_evidence,
        "doubt": ranking.doubt,
        "next_findings": [asdict(each) for each in ranking.next_findings],
        "unknown": list(ranking.unknown),
        "replaced": dict(ranking.replaced),
        "contradictory": list(ranking.contradictory),
        "prevalence": {"hospital_type": prevalence.hospital_type, "stated": len(here)},
    }


def _disease(disease: RankedDisease, here: dict[str, float]) -> dict[str, Any]:
    # `asdict` copies each finding in depth, which takes longer than the ranking does.
    return {
        **vars(disease),
        "parts": vars(disease.parts),
        "matching": [_reason(each) for each in disease.matching[:MOST_REASONS]],
        "missing": [_reason(each) for each in disease.missing[:MOST_REASONS]],
        "contradicting": [_reason(each) for each in disease.contradicting[:MOST_REASONS]],
        "remarks": list(disease.remarks),
        "prevalence": here.get(disease.code),
    }


def _reason(reason: Reason) -> dict[str, Any]:
    other = reason.counterpart
    return {
        **vars(reason),
        "finding": vars(reason.finding),
        "counterpart": None if other is None else vars(other),
        "publications": list(reason.publications),
    }
