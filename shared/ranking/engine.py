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
from shared.ranking.candidates import Candidates, candidates_of
from shared.ranking.case import CaseFindings
from shared.ranking.case_evidence import CaseEvidence
from shared.ranking.disease_sums import CaseTable, DiseaseSums
from shared.ranking.explaining import Explainer, disease_page
from shared.ranking.mixing import COVERAGE, ENOUGH, Mixed, Mixing

Floats = npt.NDArray[np.float32]
SHOWN = 20
# Of a candidate's features, the cosine with the centroid of its cases.
COSINE = 0
ASKED_ABOUT = 10


@dataclass(frozen=True)
class Understood:
    """The codes of a case as the ontology has them today; columns of findings."""

    observed: tuple[int, ...]
    excluded: tuple[int, ...]
    unknown: tuple[str, ...]
    replaced: dict[str, str]
    contradictory: tuple[str, ...]


class Ranker(Protocol):
    """What puts candidates into one order: `LearnedRanker`, or its twin that answers."""

    mixing: Mixing

    def rank(self, candidates: Candidates) -> Mixed:
        """Rank the candidates of cases."""


class RankingEngine:
    """Ranks diseases by what is published of them and what hospitals have seen.

    Parameters
    ----------
    published : Published
    matcher : Matcher
        Of the knowledge that the ranker was made for.
    sums : DiseaseSums
        Of all hospitals.
    ranker : Ranker
    excluded : bool
        Whether the ranker learned with excluded findings as evidence against.
    """

    def __init__(
        self,
        published: Published,
        matcher: Matcher,
        sums: DiseaseSums,
        ranker: Ranker,
        *,
        excluded: bool,
    ) -> None:
        self._published, self._matcher, self._ranker = published, matcher, ranker
        self._evidence = CaseEvidence(published.findings, sums)
        self._explainer = Explainer(matcher.knowledge, sums, published.table.sources)
        self._excluded = excluded

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
        table = self._table(case, found)
        candidates, match, fixed = candidates_of(
            table, self._evidence, self._matcher, excluded=self._excluded
        )
        mixed = self._ranker.rank(candidates)
        listed = mixed.rows[0] >= 0
        rows, shares = mixed.rows[0][listed], mixed.probabilities[0][listed].astype(np.float64)
        other = float(mixed.something_else[0])
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
                self._parts(int(row), candidates, match[0], fixed[0], prevalence or {}),
            )
            for row, share in zip(rows[:SHOWN], shares[:SHOWN], strict=True)
        )
        cut_off = self._ranker.mixing.cut_off
        # Without a cut-off no list that a person could read holds the right disease so often.
        inside = rows[shares >= cut_off] if cut_off > 0 else rows[:0]
        codes_inside = tuple(self._matcher.knowledge.diseases[row] for row in inside)
        doubt = "" if len(shares) and shares.max() >= ENOUGH else "too little to tell"
        nexts = self._explainer.next_findings(
            [int(row) for row in rows[:ASKED_ABOUT]], shares[:ASKED_ABOUT], self._known(found)
        )
        return self._answer(diseases, other, codes_inside, doubt, nexts, found)

    def _answer(
        self,
        diseases: tuple[RankedDisease, ...],
        other: float,
        inside: tuple[str, ...],
        doubt: Doubt,
        nexts: tuple[NextFinding, ...],
        found: Understood,
    ) -> Ranking:
        return Ranking(
            diseases=diseases,
            something_else=other,
            prediction_set=inside,
            # Where no list is long enough there is none, and nothing is promised.
            coverage=COVERAGE if self._ranker.mixing.cut_off > 0 else None,
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

    def _parts(
        self,
        row: int,
        candidates: Candidates,
        match: Floats,
        fixed: Floats,
        prevalence: Mapping[str, float],
    ) -> ScoreParts:
        diseases = self._matcher.knowledge.diseases
        nearest = np.flatnonzero(candidates.seen[0] == row)
        return ScoreParts(
            matching=float(match[row]),
            annotations=float(fixed[row]),
            cases=float(candidates.features[0, nearest[0], COSINE]) if len(nearest) else None,
            prior=float(np.log(prevalence.get(diseases[row], 1 / len(diseases)))),
        )

    def _told(self, row: int, share: float, found: Understood, parts: ScoreParts) -> RankedDisease:
        code = self._matcher.knowledge.diseases[row]
        cases, annotated = int(self._evidence.cases[row]), self._matcher.knowledge.annotated[row]
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
