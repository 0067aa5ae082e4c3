"""Looking at similar cases: who looked at which is written down before they are shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from client.ranking.known_terms import known_terms
from client.serving.case import Case
from client.serving.services import NodeServices
from client.similar_cases.finding import SimilarCase, similar_cases

# What the record in the audit store says that it is of.
WHAT = "similar cases"


def look(services: NodeServices, case: Case, patient: str, reader: str) -> list[SimilarCase]:
    """Return the hospital's own most similar cases, once it is written down who sees them.

    Raises
    ------
    AuditUnavailableError
        When that cannot be written down; nothing may be shown then.
    """
    found = similar_cases(services, case, patient)
    services.audit.note_export(
        reader,
        {
            "what": WHAT,
            "patient": patient,
            "answers": [each.case.answer for each in found if each.case.answer],
            "patients": [each.case.patient for each in found],
        },
    )
    return found


def case_of(content: Mapping[str, Any]) -> Case:
    """Return the case of an answer, from what was written down."""
    return Case(
        {name: tuple(each) if isinstance(each, list) else each for name, each in content.items()}
    )


def as_json(services: NodeServices, found: SimilarCase) -> dict[str, Any]:
    """Return a case as plain values: pseudonyms and codes, nothing else of the patient."""
    terms = known_terms(services)
    named = getattr(terms, "name", str)
    return {
        "patient": found.case.patient or None,
        "prediction_id": found.case.answer or None,
        "diagnosis": {"code": found.case.code, "name": found.name},
        "date": found.case.date or None,
        "similarity": found.similarity,
        "shared": [{"code": code, "name": named(code)} for code in found.shared],
        "findings": len(found.case.findings),
    }
