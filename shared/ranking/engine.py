"""The engine: a case in, all diseases ranked, with reasons and how far to trust them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
import numpy.typing as npt

from shared.knowledge import Matcher, Published
from shared.ranking.answer import Doubt, NextFinding, RankedDisease, Ranking, ScoreParts
from shared.ranking.case import CaseFindings
from shared.ranking.disease_sums import CaseTable, DiseaseSums
from shared.ranking.explaining import Explainer, disease_page
from shared.ranking.mixing import COVERAGE, ENOUGH

Floats = npt.NDArray[np.float32]
SHOWN = 20
ASKED_ABOUT = 10


@dataclass(frozen=True)
class Understood:
    """The codes of a case as the ontology has them today; columns of findings."""

    observed: tuple[int, ...]
    excluded: tuple[int, ...]
    unknown: tuple[str, ...]
    replaced: dict[str, str]
    contradictory: tuple[str, ...]


@dataclass(frozen=True)
class Ordered:
    """The diseases of one case in their order.

    Attributes
    ----------
    rows : int array of shape (listed,)
        Of the candidates.
    probabilities : array of shape (listed,)
    something_else : float
        Probability of a disease that is no candidate.
    cut_off : float
        Of the prediction set; 0 where none is promised.
    match, fixed : array of shape (diseases,)
        Two scores by knowledge alone.
    by_cases : dict of int to float
        How alike the case is to those of a disease, by row, where there are any.
    """

    rows: npt.NDArray[np.int64]
    probabilities: npt.NDArray[np.float64]
    something_else: float
    cut_off: float
    match: Floats
    fixed: Floats
    by_cases: Mapping[int, float]


class Ordering(Protocol):
    """What puts all diseases into one order for a case."""

    def order(self, case: CaseTable) -> Ordered:
        """Order the diseases for the one case of a table."""


class RankingEngine:
    """Ranks diseases by what is published of them and what hospitals have seen.

    Parameters
    ----------
    published : Published
    matcher : Matcher
        Of the knowledge that the ordering was made for.
    sums : DiseaseSums
        What reasons are given by, beside annotations.
    ordering : Ordering
    cases : array of shape (diseases,), optional
        How many cases hospitals have, where `sums` do not say it.
    """

    def __init__(
        self,
        published: Published,
        matcher: Matcher,
        sums: DiseaseSums,
        ordering: Ordering,
        cases: Floats | None = None,
    ) -> None:
        self._published, self._matcher, self._ordering = published, matcher, ordering
        self._explainer = Explainer(matcher.knowledge, sums, published.table.sources)
        self._cases = sums.cases if cases is None else cases

    @cached_property
    def names(self) -> dict[str, str]:
        """Name of every disease, by code."""
        known = self._published.names
        return {code: known.get(code, code) for code in self._matcher.knowledge.diseases}

    @cached_property
    def weights(self) -> dict[str, float]:
        """Information content of each finding, in nats."""
        knowledge = self._matcher.knowledge
        return dict(zip(knowledge.findings.codes, knowledge.information.tolist(), strict=True))

    def rank(self, case: CaseFindings, prevalence: Mapping[str, float] | None = None) -> Ranking:
        """Rank all diseases for a case.

        Parameters
        ----------
        prevalence : mapping of str to float, optional
            Share of patients with a disease, by code, against one in as many as there are
            candidates for all others; it enters the order and the probabilities.
        """
        found = self._understood(case)
        if not found.observed:
            doubt: Doubt = "no usable findings" if case.observed else "no findings"
            return self._answer((), 1.0, (), doubt, (), found)
        ordered = self._ordering.order(self._table(case, found))
        rows, shares, other = ordered.rows, ordered.probabilities, ordered.something_else
        rest = max(1 - other - float(shares.sum()), 0.0)
        if prevalence:
            codes = [self._matcher.knowledge.diseases[row] for row in rows]
            even = 1 / len(self._matcher.knowledge.diseases)
            shares = shares * np.array([prevalence.get(each, even) / even for each in codes])
            order = np.argsort(-shares, kind="stable")
            rows, shares = rows[order], shares[order]
            whole = float(shares.sum()) + other + rest
            shares, other = shares / whole, other / whole
        diseases = tuple(
            self._told(
                int(row),
                float(share),
                found,
                self._parts(int(row), ordered, prevalence or {}),
            )
            for row, share in zip(rows[:SHOWN], shares[:SHOWN], strict=True)
        )
        cut_off = ordered.cut_off
        # Without a cut-off no list that a person could read holds the right disease so often.
        inside = rows[shares >= cut_off] if cut_off > 0 else rows[:0]
        codes_inside = tuple(self._matcher.knowledge.diseases[row] for row in inside)
        doubt = "" if len(shares) and shares.max() >= ENOUGH else "too little to tell"
        nexts = self._explainer.next_findings(
            [int(row) for row in rows[:ASKED_ABOUT]], shares[:ASKED_ABOUT], self._known(found)
        )
        return self._answer(
            diseases, other, codes_inside, doubt, nexts, found, COVERAGE if cut_off > 0 else None
        )

    def _answer(
        self,
        diseases: tuple[RankedDisease, ...],
        other: float,
        inside: tuple[str, ...],
        doubt: Doubt,
        nexts: tuple[NextFinding, ...],
        found: Understood,
        coverage: float | None = None,
    ) -> Ranking:
        return Ranking(
            diseases=diseases,
            something_else=other,
            prediction_set=inside,
            # Where no list is long enough there is none, and nothing is promised.
            coverage=coverage,
            enough_evidence=not doubt,
            doubt=doubt,
            next_findings=nexts,
            unknown=found.unknown,
            replaced=found.replaced,
            contradictory=found.contradictory,
        )

    def _understood(self, case: CaseFindings) -> Understood:
        findings = self._published.findings
        columns = findings.columns
        codes = (*case.observed, *case.excluded)
        observed = {columns[code] for code in case.observed if code in columns}
        above = {each for column in observed for each in findings.ancestors(column).tolist()}
        excluded = {columns[code]: code for code in case.excluded if code in columns}
        return Understood(
            observed=tuple(sorted(observed)),
            excluded=tuple(sorted(column for column in excluded if column not in above)),
            unknown=tuple(sorted({code for code in codes if code not in columns})),
            replaced={
                code: findings.codes[columns[code]]
                for code in codes
                if code in columns and findings.codes[columns[code]] != code
            },
            contradictory=tuple(sorted(excluded[c] for c in excluded if c in above)),
        )

    def _table(self, case: CaseFindings, found: Understood) -> CaseTable:
        findings = self._published.findings
        observed, excluded = (
            findings.matrix([[findings.codes[column] for column in columns]])
            for columns in (found.observed, found.excluded)
        )
        female = {"FEMALE": 1.0, "MALE": 0.0}.get(case.sex, np.nan)
        years = (np.nan if each is None else float(each) for each in (case.age, case.onset))
        age, onset = (np.array([each]) for each in years)
        return CaseTable(observed, excluded, age, onset, np.array([female]))

    def _known(self, found: Understood) -> set[int]:
        findings = self._published.findings
        known = {each for c in found.observed for each in findings.ancestors(c).tolist()}
        return known | {each for c in found.excluded for each in findings.descendants(c).tolist()}

    def _parts(self, row: int, ordered: Ordered, prevalence: Mapping[str, float]) -> ScoreParts:
        diseases = self._matcher.knowledge.diseases
        return ScoreParts(
            matching=float(ordered.match[row]),
            annotations=float(ordered.fixed[row]),
            cases=ordered.by_cases.get(row),
            prior=float(np.log(prevalence.get(diseases[row], 1 / len(diseases)))),
        )

    def _told(self, row: int, share: float, found: Understood, parts: ScoreParts) -> RankedDisease:
        code = self._matcher.knowledge.diseases[row]
        cases, annotated = int(self._cases[row]), self._matcher.knowledge.annotated[row]
        matching, missing, against = self._explainer.reasons(row, found.observed, found.excluded)
        return RankedDisease(
            code=code,
            name=self._published.names.get(code, code),
            url=disease_page(code),
            probability=share,
            cases=cases,
            known_from="both" if cases and annotated else "cases" if cases else "annotations",
            parts=parts,
            matching=matching,
            missing=missing,
            contradicting=against,
        )
