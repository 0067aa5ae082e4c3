"""What one hospital ranks that learns from its own cases alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from shared.ranking.candidates import candidates_of
from shared.ranking.case_evidence import CaseEvidence
from shared.ranking.learned_ranker import fit_ranker
from simulations.benchmarks.phenopackets_protocol import (
    MODES,
    SCHEDULE,
    Split,
    matchers_of,
    training_cases,
)

# Publications are dealt to hospitals at random: any of them is as good as another.
HOSPITAL = 0


def alone_ranks(split: Split) -> npt.NDArray[np.float64]:
    """Return the leak-free ranks of a split's test cases by one of its hospitals alone."""
    mode = MODES["leak_free"]
    own = split.training.rows(np.flatnonzero(split.sites == HOSPITAL))
    one = Split(split.published, own, split.test, replace(split.options, sites=1))
    matcher, _ = matchers_of(one, leak_free=mode.leak_free)
    evidence = CaseEvidence(split.published.findings, one.sums(one.folds >= 0))
    candidates, *_ = candidates_of(one.test.table, evidence, matcher, excluded=mode.excluded)
    ranker = fit_ranker(training_cases(one, mode), SCHEDULE, seed=split.options.seed)
    return ranker.rank(candidates).rank_of(one.truth)
