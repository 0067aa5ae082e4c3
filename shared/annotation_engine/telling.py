"""Which finding to look for next: the one that is expected to tell most between the candidates."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from shared.annotation_engine.scoring import MOST_FREQUENT, Scorer
from shared.ranking.answer import Finding, NextFinding

MOST = 5
# How many candidates are named as more, and less, probable.
NAMED = 3
Numbers = npt.NDArray[np.float64]


def next_findings(
    scorer: Scorer,
    candidates: Mapping[int, float],
    observed: Sequence[int],
    excluded: Sequence[int],
    codes: Sequence[str],
    finding: Callable[[int], Finding],
) -> tuple[NextFinding, ...]:
    """Return findings by the expected reduction of the entropy over the candidates.

    Parameters
    ----------
    candidates : mapping of int to float
        Probability by the row of a disease.
    codes : sequence of str
        Of the candidates, in the same order.
    finding : callable
        Returns the finding of a term's row.
    """
    shares = np.array(list(candidates.values()))
    shares = shares / shares.sum()
    rows = _not_known(scorer, list(candidates), observed, excluded)
    if not rows or len(shares) < 2:
        return ()
    likely = _frequencies(scorer, rows, list(candidates))
    drops, chances = expected_drops(shares, likely)
    order = np.argsort(-drops, kind="stable")[:MOST]
    return tuple(
        NextFinding(
            finding=finding(rows[place]),
            bits=float(drops[place]),
            likely=float(chances[place]),
            raises=_named(likely[place], chances[place], shares, codes, 1),
            lowers=_named(likely[place], chances[place], shares, codes, -1),
        )
        for place in order
        if drops[place] > 0
    )


def expected_drops(shares: Numbers, likely: Numbers) -> tuple[Numbers, Numbers]:
    """Return the expected reduction in bits, and how probable each finding is.

    Parameters
    ----------
    shares : array of shape (candidates,)
    likely : array of shape (findings, candidates)
        How frequent each finding is in each candidate.
    """
    present = likely * shares
    absent = (1 - likely) * shares
    chance = present.sum(axis=1)
    after = _entropy_sum(present) + _entropy_sum(absent)
    before = -(shares * np.log2(np.maximum(shares, 1e-300))).sum()
    # With its probability p, an unnormalised part of weight p has entropy (its sum + p log p) / p.
    weighted = after + _plogp(chance) + _plogp(1 - chance)
    return before - weighted, chance


def _entropy_sum(parts: Numbers) -> Numbers:
    found: Numbers = -_plogp(parts).sum(axis=1)
    return found


def _plogp(values: Numbers) -> Numbers:
    found: Numbers = values * np.log2(np.maximum(values, 1e-300))
    return found


def _not_known(
    scorer: Scorer, diseases: list[int], observed: Sequence[int], excluded: Sequence[int]
) -> list[int]:
    """Return the annotated terms of the candidates that the case says nothing of."""
    rows = {row for disease in diseases for row in scorer.annotated(disease)}
    told = {above for row in observed for above in scorer.lineage(row)}
    gone = set(excluded)
    return sorted(row for row in rows - told if not gone & scorer.lineage(row))


def _frequencies(scorer: Scorer, rows: list[int], diseases: list[int]) -> Numbers:
    usual = np.tile(scorer.background[rows][:, None], (1, len(diseases)))
    for column, disease in enumerate(diseases):
        closure = scorer.closure(disease)
        for line, row in enumerate(rows):
            if row in closure:
                usual[line, column] = min(closure[row], MOST_FREQUENT)
    return usual


def _named(
    likely: Numbers, chance: float, shares: Numbers, codes: Sequence[str], sign: int
) -> tuple[str, ...]:
    """Return the candidates whose probability moves most if the finding is there."""
    moved = sign * shares * (likely / max(chance, 1e-12) - 1)
    order = np.argsort(-moved, kind="stable")[:NAMED]
    return tuple(codes[place] for place in order if moved[place] > 1e-3)
