"""The engine: a case in, all diseases ranked, with reasons."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from shared.annotation_engine import layout
from shared.annotation_engine.pages import finding_of, page_of_disease
from shared.annotation_engine.reasons import Reasons
from shared.annotation_engine.scoring import Scored, Scorer, Scores
from shared.annotation_engine.telling import next_findings
from shared.bundle.manifest import TERMS
from shared.compiled_terms import CompiledTerminology, read_terms
from shared.compiled_terms.compiled import mapped_arrays
from shared.errors import BundleError
from shared.ranking.answer import Doubt, RankedDisease, Ranking, ScoreParts
from shared.ranking.case import CaseFindings

SHOWN = 20
# Before anything is known: a disease that nobody has annotated.
SOMETHING_ELSE = 0.1
# Findings of one patient go together: taken as independent they would count about twice.
TEMPERATURE = 0.5
# The first ten diseases together must have this much of the probability; with less, the list says
# next to nothing.
FIRST, ENOUGH = 10, 0.1


@dataclass(frozen=True)
class Understood:
    """The codes of a case as the engine knows them.

    Attributes
    ----------
    observed, excluded : tuple of int
        Rows of terms; no observed one lies above another.
    unknown, contradictory : tuple of str
    replaced : dict of str to str
    """

    observed: tuple[int, ...]
    excluded: tuple[int, ...]
    unknown: tuple[str, ...]
    replaced: dict[str, str]
    contradictory: tuple[str, ...]


class AnnotationEngine:
    """Ranks diseases by published annotations.

    Parameters
    ----------
    scorer : Scorer
    terms : CompiledTerminology
        Names, and what obsolete codes stand for.
    """

    def __init__(self, scorer: Scorer, terms: CompiledTerminology) -> None:
        self._scorer = scorer
        self._terms = terms
        arrays = scorer.arrays
        self._diseases = layout.texts_of(arrays, layout.DISEASES)
        self._names = layout.texts_of(arrays, layout.NAMES)
        self._codes = layout.texts_of(arrays, layout.TERMS)
        self._row = {code: row for row, code in enumerate(self._codes)}
        self._place = {code: row for row, code in enumerate(self._diseases)}
        self._reasons = Reasons(scorer, self._codes, terms)

    @property
    def diseases(self) -> int:
        """How many diseases are ranked."""
        return len(self._diseases)

    @cached_property
    def names(self) -> dict[str, str]:
        """Name of every disease, by code."""
        return dict(zip(self._diseases, self._names, strict=True))

    @cached_property
    def weights(self) -> dict[str, float]:
        """Information content of each finding, in bits."""
        return dict(zip(self._codes, self._scorer.information.tolist(), strict=True))

    @property
    def codes(self) -> list[str]:
        """Every term that some disease has."""
        return self._codes

    def rank(self, case: CaseFindings, prevalence: Mapping[str, float] | None = None) -> Ranking:
        """Rank all diseases for a case; age, onset and sex are not looked at.

        Parameters
        ----------
        prevalence : mapping of str to float, optional
            Share of patients with a disease, by code; all others share what is left alike.
        """
        found = self._understood(case)
        scored = self._scorer.score(found.observed, found.excluded)
        priors = self._priors(prevalence or {})
        shares, something_else = probabilities(scored.likelihood, priors)
        # Where probabilities are the same, the better match goes first.
        order = np.lexsort((-scored.matching, -shares))
        doubt = self._doubt(case, found, float(shares[order[:FIRST]].sum()))
        shown = order[:SHOWN]
        shared = self._scorer.shared_with(found.observed)
        return Ranking(
            diseases=tuple(
                self._disease(int(row), float(shares[row]), found, scored, priors, shared)
                for row in shown
            ),
            something_else=something_else,
            prediction_set=(),
            coverage=None,
            enough_evidence=not doubt,
            doubt=doubt,
            next_findings=()
            if doubt == "no usable findings"
            else next_findings(
                self._scorer,
                {int(row): float(shares[row]) for row in shown},
                found.observed,
                found.excluded,
                [self._diseases[int(row)] for row in shown],
                lambda row: finding_of(self._codes[row], self._terms),
            ),
            unknown=found.unknown,
            replaced=found.replaced,
            contradictory=found.contradictory,
        )

    def _understood(self, case: CaseFindings) -> Understood:
        """Return the rows of a case's terms; what is both present and absent is present."""
        codes = dict.fromkeys([*case.observed, *case.excluded])
        unknown = tuple(code for code in codes if not self._terms.is_known(code))
        current = {code: self._terms.current(code) for code in codes if code not in unknown}
        observed = {current[code] for code in case.observed if code in current}
        lineage = {above for code in observed for above in self._terms.ancestors(code)}
        excluded = {current[code] for code in case.excluded if code in current}
        general = {
            above for code in observed for above in self._terms.ancestors(code) if above != code
        }
        return Understood(
            observed=self._rows(observed - general),
            excluded=self._rows(excluded - lineage),
            unknown=unknown,
            replaced={code: now for code, now in current.items() if code != now},
            contradictory=tuple(
                code for code in dict.fromkeys(case.excluded) if current.get(code) in lineage
            ),
        )

    def _rows(self, codes: Iterable[str]) -> tuple[int, ...]:
        """Return rows of terms; a term of no disease counts as what lies above it."""
        found = set()
        for code in codes:
            if code in self._row:
                found.add(self._row[code])
                continue
            above = [self._row[each] for each in self._terms.ancestors(code) if each in self._row]
            if above:
                found.add(max(above, key=lambda row: self._scorer.information[row]))
        return tuple(sorted(found))

    def _priors(self, stated: Mapping[str, float]) -> Scores:
        here = {self._place[code]: share for code, share in stated.items() if code in self._place}
        left = 1.0 - SOMETHING_ELSE - sum(here.values())
        others = len(self._diseases) - len(here)
        priors = np.full(len(self._diseases), max(left, 1e-6) / max(others, 1))
        priors[list(here)] = list(here.values())
        return priors

    def _doubt(self, case: CaseFindings, found: Understood, listed: float) -> Doubt:
        if not case.observed and not found.excluded:
            return "no findings"
        if not found.observed:
            return "no usable findings" if case.observed else "too little to tell"
        return "" if listed >= ENOUGH else "too little to tell"

    def _disease(
        self,
        row: int,
        share: float,
        found: Understood,
        scored: Scored,
        priors: Scores,
        shared: Scores,
    ) -> RankedDisease:
        code = self._diseases[row]
        matching, missing, contradicting = self._reasons.of(
            row, found.observed, found.excluded, shared
        )
        return RankedDisease(
            code=code,
            name=self._names[row],
            url=page_of_disease(code),
            probability=share,
            cases=0,
            known_from="annotations",
            parts=ScoreParts(
                matching=float(scored.matching[row]),
                annotations=float(scored.likelihood[row]),
                cases=None,
                prior=float(np.log(priors[row])),
            ),
            matching=matching,
            missing=missing,
            contradicting=contradicting,
        )


def probabilities(likelihood: Scores, priors: Scores) -> tuple[Scores, float]:
    """Return the probability of each disease, and of one that nobody has annotated.

    Under the latter findings are as frequent as in any disease, so that its likelihood ratio is 1.
    """
    scores = TEMPERATURE * likelihood + np.log(priors)
    top = max(float(scores.max()), float(np.log(SOMETHING_ELSE)))
    weights, other = np.exp(scores - top), float(np.exp(np.log(SOMETHING_ELSE) - top))
    total = float(weights.sum()) + other
    return weights / total, other / total


def open_engine(folder: Path) -> AnnotationEngine:
    """Open the engine of a bundle's folder; its arrays stay on the disk until they are needed.

    Raises
    ------
    BundleError
        When it holds none.
    """
    try:
        arrays = mapped_arrays(folder / layout.FILE)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise BundleError(f"{layout.FILE} holds no annotations.") from None
    layout.check_layout(arrays)
    return AnnotationEngine(Scorer(arrays), read_terms(folder / TERMS))
