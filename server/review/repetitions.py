"""What a review asks the hospitals: the same folds for all kinds, and each hospital left out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from server.federation import Plan
from server.parts import PartResult, Parts
from shared.run_settings import RunSettings


@dataclass
class Repetitions:
    """Results of all parts of a review.

    Attributes
    ----------
    folds : dict of int to list of PartResult
        By seed; every row of a hospital is held out in one of them.
    without : dict of str to PartResult
        Trained without this hospital, judged at all.
    """

    folds: dict[int, list[PartResult]] = field(default_factory=dict)
    without: dict[str, PartResult] = field(default_factory=dict)


def repeat(parts: Parts, settings: RunSettings, hospitals: Iterable[str]) -> Repetitions:
    """Carry out all parts.

    Parameters
    ----------
    settings : RunSettings
        Of the run that is reviewed.
    hospitals : iterable of str
        Who took part in it.
    """
    found = Repetitions()
    review = settings.review
    for seed in range(review.seeds):
        found.folds[seed] = [
            parts.carry_out(
                f"review, seed {seed + 1} of {review.seeds}, fold {fold + 1} of {review.folds}",
                of_fold(settings, seed, fold),
                # Rows of one repetition are all rows once: more would count patients twice.
                Plan(compare=seed == 0),
            )
            for fold in range(review.folds)
        ]
    names = sorted(hospitals)
    if review.leave_one_hospital_out and len(names) > 2:
        found.without = {
            name: parts.carry_out(
                f"review, trained without {name}"[:58],
                without_one(settings, len(names)),
                Plan(not_learning=frozenset({name})),
            )
            for name in names
        }
    return found


def of_fold(settings: RunSettings, seed: int, fold: int) -> RunSettings:
    """Return the settings of one fold of one repetition."""
    holdout = settings.holdout.model_copy(
        update={"folds": settings.review.folds, "fold": fold, "seed": settings.holdout.seed + seed}
    )
    return settings.model_copy(
        update={"holdout": holdout, "seed": settings.seed + seed, "compare_alone": False}
    )


def without_one(settings: RunSettings, hospitals: int) -> RunSettings:
    """Return the settings of a federation without one hospital."""
    minimum = min(settings.minimum_hospitals, hospitals - 1)
    return settings.model_copy(update={"minimum_hospitals": minimum, "compare_alone": False})
