"""Put a review together."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from server.federation_result import FederationResult
from server.review.acceptance import Acceptance
from server.review.findings import findings, judge_criteria, unmet
from server.review.measuring import FIGURES, Measuring
from server.review.repetitions import Repetitions
from server.review.review import KindReview, Review, Trial
from shared.metrics import Evaluation
from shared.run_settings import ModelName, RunSettings


@dataclass(frozen=True)
class Background:
    """What a review needs to know beside what was measured.

    Attributes
    ----------
    previous : str
        Name of the model in use that it is compared with.
    iterates : str
        Run whose findings this one answers.
    """

    run: str
    acceptance: Acceptance | None = None
    trials: list[Trial] = field(default_factory=list)
    previous: str = ""
    iterates: str = ""


def review(
    settings: RunSettings,
    result: FederationResult,
    repetitions: Repetitions,
    background: Background,
    seconds: float,
) -> Review:
    """Measure every kind, choose one, and say whether it is ready."""
    kinds = {name: Measuring(name, result, repetitions).review() for name in result.models}
    chosen = best_kind(kinds)
    found = findings(kinds[chosen], settings.review)
    criteria = []
    if background.acceptance is not None:
        criteria = judge_criteria(background.acceptance, result.contract, kinds[chosen])
        found = unmet(criteria) + found
    blocked = any(each.blocks for each in found)
    return Review(
        run=background.run,
        contract=result.contract.name,
        date=datetime.now(UTC).date().isoformat(),
        seeds=settings.review.seeds,
        folds=settings.review.folds,
        chosen=chosen,
        verdict="iterate" if blocked else "ready",
        kinds=kinds,
        findings=sorted(found, key=lambda each: not each.blocks),
        criteria=criteria,
        acceptance=background.acceptance,
        tuning_metric=settings.tuning.metric if background.trials else "",
        trials=background.trials,
        previous=background.previous,
        iterates=background.iterates,
        seconds=seconds,
        public={name: public_figures(each) for name, each in result.public.items()},
        public_rows=max((each.group.rows for each in result.public.values()), default=0),
    )


def public_figures(evaluation: Evaluation) -> dict[str, float]:
    """Return the figures that kinds are compared by."""
    scores = evaluation.scores()["finest"]
    known = {name: getattr(scores, name) for name in FIGURES}
    return {name: value for name, value in known.items() if value is not None}


def best_kind(kinds: dict[ModelName, KindReview]) -> ModelName:
    """Return the kind with the lowest mean log loss: the most honest probabilities."""

    def loss(name: ModelName) -> float:
        found = kinds[name].figures.get("log_loss")
        return found.mean if found else float("inf")

    return min(kinds, key=loss)
