"""Invented cases with what an engine promises to say of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np

from shared.bundle.ranking_files import GoldenRanking, golden_ranking
from shared.ranking.answer import Ranking
from shared.ranking.case import CaseFindings

GOLDEN_CASES, MOST_FINDINGS = 16, 12


class Ranks(Protocol):
    """Whatever ranks."""

    def rank(self, case: CaseFindings, prevalence: Mapping[str, float] | None = None) -> Ranking:
        """Rank all diseases for a case."""


def golden_cases(engine: Ranks, codes: Sequence[str], seed: int = 0) -> list[GoldenRanking]:
    """Invent cases and write down what the engine says of them; the last one is empty."""
    generator = np.random.default_rng(seed)
    cases = [CaseFindings(())]
    for _ in range(GOLDEN_CASES - 1):
        count = min(int(generator.integers(1, MOST_FINDINGS)), len(codes))
        drawn = [codes[place] for place in generator.choice(len(codes), count, replace=False)]
        present = tuple(drawn[: max(1, 2 * count // 3)])
        cases.append(CaseFindings(present, tuple(drawn[len(present) :])))
    return [golden_ranking(case, engine.rank(case)) for case in reversed(cases)]
