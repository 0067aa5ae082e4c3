"""The likelihood-ratio attack with shadow models, for simulations: it takes everybody's records.

Real hospitals are attacked by the losses of their own rows (`server.attacking`); this says how much
more a strong attacker finds, who has a population of his own to train models on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from client.training.local_models import probabilities, train_alone
from shared.attacks.likelihood_ratio import online_scores
from shared.attacks.membership import LIMIT, right_class_log_odds
from shared.attacks.risk import ONE_IN_A_THOUSAND, ONE_PERCENT, area, recognised
from shared.contract import Contract
from shared.models.base import derive_seed
from shared.records import Records
from shared.run_settings import ModelName, RunSettings

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class ShadowRisk:
    """Success of an attack over target models, each attacked with all others as its shadows.

    Attributes
    ----------
    auc, deviation : float
        Mean over targets, and the standard deviation between them.
    at_one_percent, at_one_in_a_thousand : float
        True-positive rate at these false-positive rates, over the rows of all targets together.
    """

    auc: float
    deviation: float
    at_one_percent: float
    at_one_in_a_thousand: float

    @classmethod
    def of(cls, scores: Floats, seen: Mask) -> ShadowRisk:
        """Summarise scores, shape (targets, rows), against what each target learned from."""
        areas = [area(*ranked(*each))[0] for each in zip(scores, seen, strict=True)]
        members, others = ranked(scores.ravel(), seen.ravel())
        return cls(
            auc=float(np.mean(areas)),
            deviation=float(np.std(areas, ddof=1)),
            at_one_percent=recognised(members, others, ONE_PERCENT).value,
            at_one_in_a_thousand=recognised(members, others, ONE_IN_A_THOUSAND).value,
        )


@dataclass(frozen=True)
class ShadowModels:
    """Models of random halves of one population.

    Attributes
    ----------
    confidences : array of shape (models, rows)
        Log-odds of each row's right class.
    seen : bool array of shape (models, rows)
    """

    confidences: Floats
    seen: Mask

    def by_loss(self) -> ShadowRisk:
        """Attack each model by its losses alone (Yeom et al. 2018)."""
        return ShadowRisk.of(self.confidences, self.seen)

    def by_likelihood_ratio(self) -> ShadowRisk:
        """Attack each model with all others as shadows (Carlini et al. 2022)."""
        scores = [
            online_scores(
                np.delete(self.confidences, target, axis=0),
                np.delete(self.seen, target, axis=0),
                self.confidences[target],
            )
            for target in range(len(self.seen))
        ]
        return ShadowRisk.of(np.array(scores), self.seen)


def halves(models: int, persons: int, seed: int) -> Mask:
    """Draw whom each model learns from: each person is in half of them, shape (models, persons)."""
    generator = np.random.default_rng(seed)
    order = generator.permuted(np.tile(np.arange(models)[:, None], (1, persons)), axis=0)
    return order < models // 2


def train_shadows(
    contract: Contract, records: Records, settings: RunSettings, name: ModelName, models: int
) -> ShadowModels:
    """Train models on random halves of the persons.

    Parameters
    ----------
    contract : Contract
        As the run sees it; records too.
    settings : RunSettings
        Of the model under attack; each model has a seed of its own.
    models : int
        At least four; one more than the shadows of each target.
    """
    persons = records.persons()
    seen = halves(models, int(persons.max()) + 1, settings.seed)[:, persons]
    candidates = contract.membership(list(records.labels))
    limit = largest_log_odds(settings, name)
    confidences = []
    for index, rows in enumerate(seen):
        own = settings.model_copy(update={"seed": derive_seed(settings.seed, index)})
        half = records.take(np.flatnonzero(rows))
        preparation, trained = train_alone(f"shadow-{index}", contract, half, own)
        found = probabilities(records, own, preparation, name, trained[name])
        confidences.append(np.clip(right_class_log_odds(found, candidates), -limit, limit))
    return ShadowModels(np.array(confidences), seen)


def largest_log_odds(settings: RunSettings, name: ModelName) -> float:
    """Return how certain a model can be: where all of a forest's trees agree, it has one vote each.

    Log-odds of 1e-15 there would be far from any normal distribution.
    """
    return float(np.log(settings.random_forest.trees)) if name == "random_forest" else LIMIT


def ranked(scores: Floats, seen: Mask) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Count members and others at each distinct score, lowest first."""
    levels, place = np.unique(scores, return_inverse=True)
    counts = [np.bincount(place[chosen], minlength=len(levels)) for chosen in (seen, ~seen)]
    return counts[0].astype(np.int64), counts[1].astype(np.int64)
