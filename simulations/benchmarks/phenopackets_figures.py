"""Figures of ranked cases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Ranks = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
RARE_BELOW = 10
FINDINGS = {"1-5": (1, 5), "6-10": (6, 10), "11-20": (11, 20), "21+": (21, 10_000)}
BINS = 10


@dataclass(frozen=True)
class Judged:
    """Test cases of one or more splits.

    Attributes
    ----------
    ranks : mapping of str to array of shape (cases,)
        By way: rank of the right disease from 0; infinite where it is not listed.
    first : array of shape (cases,)
        Probability of the first disease.
    in_set : array of shape (cases,)
        Whether the prediction set holds the right disease.
    set_size : array of shape (cases,)
    training_cases, annotated, findings : array of shape (cases,)
        Of the right disease in training; its annotations that are left; findings of the case.
    diseases : str array of shape (cases,)
    """

    ranks: dict[str, Ranks]
    first: npt.NDArray[np.float64]
    in_set: Mask
    set_size: npt.NDArray[np.int64]
    training_cases: npt.NDArray[np.int64]
    annotated: npt.NDArray[np.int64]
    findings: npt.NDArray[np.int64]
    diseases: npt.NDArray[np.str_]


def together(parts: list[Judged]) -> Judged:
    """Put the test cases of several splits together."""
    ranks = {way: np.concatenate([part.ranks[way] for part in parts]) for way in parts[0].ranks}
    names = ("first", "in_set", "set_size", "training_cases", "annotated", "findings", "diseases")
    arrays = [np.concatenate([getattr(part, name) for part in parts]) for name in names]
    return Judged(ranks, *arrays)


def figures_of(judged: Judged, enough: float) -> dict[str, Any]:
    """Return the figures under the protocol's keys.

    Parameters
    ----------
    enough : float
        Cases whose first disease is less probable are answered "not enough evidence".
    """
    seen = judged.training_cases > 0
    unseen_annotated = ~seen & (judged.annotated > 0)
    masks = {
        "overall": np.ones(len(seen), dtype=np.bool_),
        "seen": seen,
        "unseen": ~seen,
        "unseen_annotated": unseen_annotated,
        "rare": seen & (judged.training_cases < RARE_BELOW),
    }
    ranks, diseases = judged.ranks["federated"], judged.diseases
    found: dict[str, Any] = {name: top(ranks[mask], diseases[mask]) for name, mask in masks.items()}
    found["by_findings"] = {
        name: top(ranks[mask], diseases[mask])
        for name, (least, most) in FINDINGS.items()
        for mask in [(judged.findings >= least) & (judged.findings <= most)]
    }
    for way, others in judged.ranks.items():
        if way == "federated":
            continue
        if way.startswith("private."):
            whole = top(others, diseases) | {"seen": top(others[seen], diseases[seen])}
            found.setdefault("private", {})[way.partition(".")[2]] = whole
            continue
        found[way] = top(others, diseases)
        for name, mask in masks.items():
            if name != "overall":
                found[f"{way}_{name}"] = top(others[mask], diseases[mask])
    right, first = ranks == 0, judged.first
    answered = first >= enough
    found["expected_calibration_error"] = calibration_error(first, right)
    found["answered_share"] = float(answered.mean())
    found["answered_top1"] = float(right[answered].mean()) if answered.any() else 0.0
    known = seen | unseen_annotated
    found["set_coverage_of_candidates"] = float(judged.in_set[known].mean()) if known.any() else 0.0
    found["median_set_size"] = float(np.median(judged.set_size))
    return found


def top(ranks: Ranks, diseases: npt.NDArray[np.str_]) -> dict[str, float]:
    """Return how often the right disease stands among the first, and its mean over diseases."""
    if not len(ranks):
        return {
            "cases": 0,
            "top1": 0.0,
            "top3": 0.0,
            "top5": 0.0,
            "top10": 0.0,
            "macro_recall": 0.0,
        }
    found: dict[str, float] = {"cases": len(ranks)}
    found |= {f"top{depth}": float((ranks < depth).mean()) for depth in (1, 3, 5, 10)}
    _, which = np.unique(diseases, return_inverse=True)
    found["macro_recall"] = float((np.bincount(which, ranks == 0) / np.bincount(which)).mean())
    return found


def calibration_error(first: npt.NDArray[np.float64], right: Mask) -> float:
    """Return the expected calibration error of the first disease's probability, over ten bins."""
    bins = np.minimum((first * BINS).astype(int), BINS - 1)
    gaps = np.abs(np.bincount(bins, first - right, BINS))
    return float(gaps.sum() / max(len(first), 1))
