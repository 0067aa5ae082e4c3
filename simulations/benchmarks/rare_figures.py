"""Figures of rare classes over repetitions, with intervals."""

from __future__ import annotations

from collections.abc import Iterable
from math import sqrt

import numpy as np
from scipy.stats import t as student

from shared.contract import Contract
from shared.metrics import Evaluation, merge_evaluations

CONFIDENCE = 0.95
Figures = dict[str, float]


def rare_figures(contract: Contract, evaluations: Iterable[Evaluation]) -> Figures:
    """Return macro F1, and the mean recall of rare and of common classes."""
    scores = merge_evaluations(evaluations).scores()["finest"]
    recalls: dict[str, list[float]] = {"rare": [], "common": []}
    for code, each in scores.by_class.items():
        if each.recall is not None:
            recalls[contract.classes[code].frequency].append(each.recall)
    return {
        "macro_f1": scores.macro_f1 if scores.macro_f1 is not None else float("nan"),
        "rare_recall": float(np.mean(recalls["rare"])),
        "common_recall": float(np.mean(recalls["common"])),
    }


def means(runs: list[Figures]) -> Figures:
    """Return the mean of every figure."""
    return {name: float(np.mean([run[name] for run in runs])) for name in runs[0]}


def gains(
    runs: list[Figures], reference: list[Figures], test_to_training: float
) -> dict[str, dict[str, float]]:
    """Return the mean difference to a reference, with the ends of its 95% interval.

    Parameters
    ----------
    test_to_training : float
        Rows held out over rows trained on, where repetitions share patients: their figures depend
        on one another, which the corrected resampled t-test allows for (Nadeau & Bengio 2003). 0
        where every repetition has patients of its own.
    """
    found = {}
    for name in runs[0]:
        differences = np.array(
            [run[name] - other[name] for run, other in zip(runs, reference, strict=True)]
        )
        count = len(differences)
        spread = float(differences.std(ddof=1)) if count > 1 else float("nan")
        quantile = float(student.ppf((1 + CONFIDENCE) / 2, max(count - 1, 1)))
        half = quantile * spread * sqrt(1 / count + test_to_training)
        mean = float(differences.mean())
        found[name] = {"mean": mean, "low": mean - half, "high": mean + half}
    return found
