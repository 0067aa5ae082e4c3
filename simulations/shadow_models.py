"""The likelihood-ratio attack with shadow models, for simulations: it takes everybody's records.

Real hospitals are attacked by the losses of their own rows (`server.attacking`); this says how much
more a strong attacker finds, who has a population of his own to train models on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from client.training.shadow_models import ShadowModels
from shared.attacks.likelihood_ratio import online_scores
from shared.attacks.risk import ONE_IN_A_THOUSAND, ONE_PERCENT, area, recognised

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
class AttackedModels:
    """Models of random halves of one population, each attacked with all others as its shadows.

    Attributes
    ----------
    confidences : array of shape (models, rows)
        Log-odds of each row's right class.
    seen : bool array of shape (models, rows)
    """

    confidences: Floats
    seen: Mask

    @classmethod
    def of(cls, models: ShadowModels) -> AttackedModels:
        """Attack models that were trained as shadows of each other."""
        return cls(models.confidences, models.seen)

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


def ranked(scores: Floats, seen: Mask) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Count members and others at each distinct score, lowest first."""
    levels, place = np.unique(scores, return_inverse=True)
    counts = [np.bincount(place[chosen], minlength=len(levels)) for chosen in (seen, ~seen)]
    return counts[0].astype(np.int64), counts[1].astype(np.int64)
