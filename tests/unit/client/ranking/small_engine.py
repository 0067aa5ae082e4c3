"""An engine of three diseases, small enough to follow, with all that an answer may hold."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path

from shared.ontology import HumanPhenotypeOntology
from shared.ranking.answer import (
    Finding,
    NextFinding,
    RankedDisease,
    Ranking,
    Reason,
    ScoreParts,
)
from shared.ranking.case import CaseFindings

ENGINE = "small-1"
FILE = "small_engine.json"
KNOWLEDGE = {
    "OMIM:142900": {"HP:0001631": 0.8, "HP:0001199": 0.7, "HP:0001629": 0.4},
    "OMIM:154700": {"HP:0001166": 0.9, "HP:0001083": 0.6, "HP:0002650": 0.5},
    "I10": {"HP:0000822": 0.95},
}
NAMES = {
    "OMIM:142900": "Holt-Oram syndrome",
    "OMIM:154700": "Marfan syndrome",
    "I10": "Hypertension",
}
CASES = {"OMIM:142900": 0, "OMIM:154700": 7, "I10": 120}
ELSEWHERE, ELSE = 0.02, 0.1
ONTOLOGY = HumanPhenotypeOntology()


class SmallEngine:
    """Naive Bayes over a few findings."""

    def __init__(self, knowledge: Mapping[str, Mapping[str, float]]) -> None:
        self._knowledge = knowledge

    @property
    def names(self) -> dict[str, str]:
        # One that is ranked by no finding, and is no class of the contract.
        return {**NAMES, "OMIM:130050": "Ehlers-Danlos syndrome, vascular type"}

    @property
    def weights(self) -> dict[str, float]:
        return {"HP:0001166": 5.0}

    def rank(self, case: CaseFindings, prevalence: Mapping[str, float] | None = None) -> Ranking:
        unknown = [each for each in case.observed if not ONTOLOGY.is_known(each)]
        observed = {ONTOLOGY.current(each) for each in case.observed if each not in unknown}
        contradictory = sorted(observed & set(case.excluded))
        excluded = {ONTOLOGY.current(each) for each in case.excluded} - observed
        priors = {code: (prevalence or {}).get(code, 0.1) for code in self._knowledge}
        scores = {code: self._score(code, observed, excluded, priors) for code in self._knowledge}
        total = sum(scores.values()) + ELSE * max(scores.values())
        ordered = sorted(scores, key=lambda code: -scores[code])
        shares = {code: scores[code] / total for code in ordered}
        doubt = "no findings" if not case.observed else "no usable findings" if not observed else ""
        return Ranking(
            diseases=tuple(
                self._disease(code, shares[code], observed, excluded, priors[code])
                for code in ordered
            ),
            something_else=1 - sum(shares.values()),
            prediction_set=tuple(ordered[:1]) if not doubt else (),
            coverage=0.9,
            enough_evidence=not doubt,
            doubt=doubt,  # type: ignore[arg-type]
            next_findings=(
                NextFinding(finding("HP:0001083"), 0.4, 0.3, ("OMIM:154700",), ("OMIM:142900",)),
            ),
            unknown=tuple(unknown),
            replaced={
                each: ONTOLOGY.current(each)
                for each in case.observed
                if each not in unknown and ONTOLOGY.current(each) != each
            },
            contradictory=tuple(contradictory),
        )

    def _score(
        self, code: str, observed: set[str], excluded: set[str], priors: Mapping[str, float]
    ) -> float:
        known = self._knowledge[code]
        for_it = math.prod(known.get(each, ELSEWHERE) for each in observed)
        return (
            priors[code] * for_it * math.prod(1 - known.get(each, ELSEWHERE) for each in excluded)
        )

    def _disease(
        self, code: str, share: float, observed: set[str], excluded: set[str], prior: float
    ) -> RankedDisease:
        known = self._knowledge[code]
        return RankedDisease(
            code=code,
            name=NAMES[code],
            url=f"https://example.org/{code}",
            probability=share,
            cases=CASES[code],
            known_from="both" if CASES[code] else "annotations",
            parts=ScoreParts(0.5, 1.0, 0.2 if CASES[code] else None, math.log(prior)),
            matching=tuple(reason(each, known[each]) for each in sorted(observed & set(known))),
            missing=tuple(
                reason(each, known[each]) for each in sorted(set(known) - observed - excluded)
            ),
            contradicting=tuple(
                reason(each, known[each]) for each in sorted(excluded & set(known))
            ),
            remarks=("onset",) if code == "I10" else (),
        )


def finding(code: str) -> Finding:
    return Finding(code, ONTOLOGY.name(code), f"https://hpo.jax.org/browse/term/{code}")


def reason(code: str, frequency: float) -> Reason:
    return Reason(finding(code), finding(code), frequency, frequency, ("PMID:1",))


def open_small(kind: str, folder: Path) -> SmallEngine:
    assert kind == ENGINE
    return SmallEngine(json.loads((folder / FILE).read_text(encoding="utf-8")))
