"""Findings of a note and the contents of a phenopacket, as proposals for the form of a case."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from client.clinic.filled import TERM, Filled
from client.clinic.form_fields import LONGEST_NOTE, problem_words
from client.clinic.pages import ClinicPages
from client.clinic.wording import Wording
from client.ranking.known_terms import known_terms
from client.serving.case import Value
from client.serving.case_problem import CaseError
from client.sources.phenopackets.case_content import case_content, findings_features
from client.sources.phenopackets.facts import facts_of
from client.sources.phenopackets.packet import PacketError, packets_of
from shared.contract import TermsFeature
from shared.findings_in_notes.reading import reader_of
from shared.ontology import Terminology


def note_proposals(clinic: ClinicPages, text: str) -> list[dict[str, Any]]:
    """Return what a note says, each with the feature where it would stand once confirmed.

    Raises
    ------
    NoModelError
        When no model says which terms there are.
    """
    present, absent = findings_features(clinic.services.contract)
    if present is None and absent is None:
        return []
    known = known_terms(clinic.services)
    # Whoever is sure of what the note is not sure of may add it.
    places = {"present": present, "uncertain": present, "excluded": absent}
    found = reader_of(known).read(text[:LONGEST_NOTE])
    return [{**vars(each), "feature": places.get(each.state)} for each in found]


def packet_fields(clinic: ClinicPages, wording: Wording, text: str) -> dict[str, Any]:
    """Return the fields of the form that a phenopacket fills, and what of it has no place.

    Returns
    -------
    dict
        ``fields``: values by the name of a field; ``terms``: by feature, codes with names;
        ``problems``: texts; ``patient``.
    """
    words, contract = wording.words, clinic.services.contract
    try:
        packets = packets_of(text.encode())
    except PacketError as error:
        return {"problems": [words("clinic.packet.none")], "detail": error.expected}
    if len(packets) != 1:
        return {"problems": [words("clinic.packet.several", count=len(packets))]}
    facts = facts_of(packets[0])
    problems = [words("clinic.packet.age")] if facts.unreadable else []
    if facts.excluded and findings_features(contract)[1] is None:
        problems.append(words("clinic.packet.no_absent", count=len(facts.excluded)))
    values: dict[str, Value] = {}
    for name, value in case_content(contract, facts).items():
        kept, wrong = _kept(clinic, wording, name, value)
        values |= kept
        problems += wrong
    fields = Filled.of_values(contract, values, words).fields
    return {
        "patient": facts.patient,
        "fields": {key: value[0] for key, value in fields.items() if not key.startswith(TERM)},
        "terms": {
            name: [{"code": code, "name": clinic.terms.name(feature, code)} for code in codes]
            for name, feature in contract.recorded.items()
            if isinstance(feature, TermsFeature) and isinstance(codes := values.get(name), tuple)
        },
        "problems": problems,
    }


def _kept(
    clinic: ClinicPages, wording: Wording, name: str, value: object
) -> tuple[dict[str, Value], list[str]]:
    """Return what of a value can stand in the form, and what is wrong with the rest."""
    services, problems = clinic.services, []
    feature = services.contract.recorded[name]
    if isinstance(feature, TermsFeature) and isinstance(value, list):
        known = known_terms(services, feature.code_system)
        value, others = _sorted_out(feature, value, known)
        if others:
            codes = ", ".join(others)
            problems = [wording.words("clinic.packet.unknown_terms", codes=codes)]
    try:
        return {name: services.cases.read({name: value}).values[name]}, problems
    except CaseError as error:
        wrong = [problem_words(wording, name, each) for each in error.problems]
        return {}, problems + [f"{feature.description}: {each}" for each in wrong]


def _sorted_out(
    feature: TermsFeature, codes: Iterable[str], known: Terminology
) -> tuple[list[str], list[str]]:
    """Return the codes that the model knows, and the others."""
    kept: list[str] = []
    others: list[str] = []
    for code in codes:
        is_known = re.fullmatch(feature.pattern, code) is not None and known.is_known(code)
        (kept if is_known else others).append(code)
    return kept, others
