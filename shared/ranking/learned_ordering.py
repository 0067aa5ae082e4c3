"""All diseases in the order that a ranker learned."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from shared.knowledge import Matcher, Published
from shared.ranking.candidates import Candidates, candidates_of
from shared.ranking.case_evidence import CaseEvidence
from shared.ranking.disease_sums import CaseTable, DiseaseSums
from shared.ranking.engine import Ordered, RankingEngine
from shared.ranking.mixing import Mixed, Mixing

# Of a candidate's features, the cosine with the centroid of its cases.
COSINE = 0


class Ranker(Protocol):
    """What puts candidates into one order: `LearnedRanker`, or its twin that answers."""

    mixing: Mixing

    def rank(self, candidates: Candidates) -> Mixed:
        """Rank the candidates of cases."""


class LearnedOrdering:
    """Orders diseases by all evidence, as a ranker weighs it.

    Parameters
    ----------
    evidence : CaseEvidence
    matcher : Matcher
    ranker : Ranker
    excluded : bool
        Whether the ranker learned with excluded findings as evidence against.
    """

    def __init__(
        self, evidence: CaseEvidence, matcher: Matcher, ranker: Ranker, *, excluded: bool
    ) -> None:
        self._evidence, self._matcher, self._ranker = evidence, matcher, ranker
        self._excluded = excluded

    def order(self, case: CaseTable) -> Ordered:
        """Order the diseases for the one case of a table."""
        candidates, match, fixed = candidates_of(
            case, self._evidence, self._matcher, excluded=self._excluded
        )
        mixed = self._ranker.rank(candidates)
        listed = mixed.rows[0] >= 0
        seen, alike = candidates.seen[0], candidates.features[0, :, COSINE]
        return Ordered(
            rows=mixed.rows[0][listed],
            probabilities=mixed.probabilities[0][listed].astype(np.float64),
            something_else=float(mixed.something_else[0]),
            cut_off=self._ranker.mixing.cut_off,
            match=match[0],
            fixed=fixed[0],
            by_cases={
                int(row): float(each) for row, each in zip(seen, alike, strict=True) if row >= 0
            },
        )


def learned_engine(
    published: Published, matcher: Matcher, sums: DiseaseSums, ranker: Ranker, *, excluded: bool
) -> RankingEngine:
    """Return the engine of a ranker that learned from sums of all hospitals."""
    evidence = CaseEvidence(published.findings, sums)
    ordering = LearnedOrdering(evidence, matcher, ranker, excluded=excluded)
    return RankingEngine(published, matcher, sums, ordering)
