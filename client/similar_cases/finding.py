"""Which cases of this hospital are most like one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from client.confirmations import Confirmations
from client.confirmations.pairs import answers_to
from client.ranking.case_findings import case_findings
from client.ranking.disease_names import ranked_diseases
from client.ranking.known_terms import known_terms
from client.serving.case import Case
from client.serving.services import NodeServices
from client.similar_cases.index import read_index
from client.similar_cases.own_case import OwnCase
from client.sources.phenopackets.case_content import findings_features
from shared.ontology import Terminology

MOST = 10
# Less alike than this is not worth a look.
LEAST = 0.05
SHOWN_FINDINGS = 6


@dataclass(frozen=True)
class SimilarCase:
    """A case of this hospital.

    Attributes
    ----------
    case : OwnCase
    name : str
        Of the diagnosis.
    similarity : float
        0 to 1: what both show, over what either shows, each finding and what lies above it counted
        by how much it tells.
    shared : tuple of str
        Codes of the findings that both have, the most telling first; where the one has a more
        general finding than the other, that.
    """

    case: OwnCase
    name: str
    similarity: float
    shared: tuple[str, ...]


def similar_cases(services: NodeServices, case: Case, patient: str) -> list[SimilarCase]:
    """Return the hospital's own most similar cases, the most similar first.

    Parameters
    ----------
    patient : str
        Pseudonym of the case's patient, whose own cases are left out.

    Raises
    ------
    AuditUnavailableError, BrokenAuditError
        When the store cannot be read.
    NoModelError
        When nothing answers here that knows terms.
    """
    observed = case_findings(services.contract, case).observed
    terms = known_terms(services)
    own = [each for each in own_cases(services) if not patient or each.patient != patient]
    engine = services.rankings.engine if services.rankings is not None else None
    weights = engine.weights if engine is not None else {}
    names = {code: each.name for code, each in services.contract.classes.items()}
    return most_similar(observed, own, terms, weights, {**ranked_diseases(services), **names})


def own_cases(services: NodeServices) -> list[OwnCase]:
    """Return the confirmed cases of this node, and the records of its source that are indexed.

    A patient who is in both counts as confirmed.
    """
    confirmed = _confirmed(services)
    known = {each.patient for each in confirmed if each.patient}
    indexed = read_index(services.home, services.audit.vault)
    return [*confirmed, *(each for each in indexed if each.patient not in known)]


def most_similar(
    observed: Iterable[str],
    cases: Iterable[OwnCase],
    terms: Terminology,
    weights: Mapping[str, float],
    names: Mapping[str, str],
) -> list[SimilarCase]:
    """Return the cases that share most of what tells something.

    Parameters
    ----------
    weights : mapping of str to float
        How much a finding tells; 1 where nobody knows.
    names : mapping of str to str
        Of diagnoses, by code.
    """
    mine = set(terms.expand(observed))

    def told(codes: set[str]) -> float:
        return sum(weights.get(code, 1.0) for code in sorted(codes))

    found = []
    for each in cases:
        theirs = set(terms.expand(each.findings))
        both = mine & theirs
        whole = told(mine | theirs)
        similarity = told(both) / whole if whole else 0.0
        if similarity >= LEAST:
            shared = _most_specific(both, terms, weights)
            name = names.get(each.code, each.code)
            found.append(SimilarCase(each, name, similarity, shared))
    found.sort(key=lambda each: (-each.similarity, each.case.code, each.case.patient))
    return found[:MOST]


def _most_specific(
    codes: set[str], terms: Terminology, weights: Mapping[str, float]
) -> tuple[str, ...]:
    general = {above for code in codes for above in terms.ancestors(code) if above != code}
    specific = sorted(codes - general, key=lambda code: (-weights.get(code, 1.0), code))
    return tuple(specific[:SHOWN_FINDINGS])


def _confirmed(services: NodeServices) -> list[OwnCase]:
    present, _ = findings_features(services.contract)
    cases = {
        each.prediction: each
        for each in Confirmations(services.audit, services.contract).cases()
        if each.state == "confirmed" and each.prediction
    }
    latest: dict[str, OwnCase] = {}
    for answer in answers_to(services.audit, cases):
        findings = (answer.input or {}).get(present or "") or ()
        if findings:
            said = cases[answer.id]
            # The last case of a patient is the one.
            latest[said.patient or answer.id] = OwnCase(
                said.patient, said.code, tuple(findings), said.date, answer.id
            )
    return list(latest.values())
