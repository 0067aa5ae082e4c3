"""The noise of steps that draw patients by chance: less is enough, an accountant says how much.

Privacy loss distributions (Koskela et al. 2020; Doroshenko et al. 2022) of Poisson-sampled Gaussian
sums, for adding or removing one patient.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache, partial

from dp_accounting import (
    ComposedDpEvent,
    DpEvent,
    ExplicitBracketInterval,
    GaussianDpEvent,
    PoissonSampledDpEvent,
    SelfComposedDpEvent,
    calibrate_dp_mechanism,
)
from dp_accounting.pld import PLDAccountant

from shared.privacy.gaussian_budget import GaussianBudget, Spending
from shared.privacy.settings import PrivacySettings

TOLERANCE = 1e-3
# Ten times that of hospitals' ledgers: quicker, and on the safe side, as losses are rounded up.
COARSENESS = 1e-3


@dataclass(frozen=True)
class SampledSpending(Spending):
    """What steps over patients drawn by chance may spend.

    Attributes
    ----------
    epsilon, delta : float
        Of the whole run.
    sampling_rate : float
    besides : float
        Squares of mu of everything else in the run.
    """

    epsilon: float
    delta: float
    sampling_rate: float
    besides: float

    def noise_multiplier(self, releases: int) -> float:
        """Return the noise of each step, in sensitivities, so that the run keeps its promise."""
        return sampled_noise(self.epsilon, self.delta, self.sampling_rate, self.besides, releases)


def sampled_spending(
    settings: PrivacySettings, budget: GaussianBudget, models: int
) -> SampledSpending:
    """Return what a network may spend whose steps draw patients, beside a run's other parts."""
    parts = [budget.summary, budget.evaluation, budget.membership]
    besides = sum(each.mu_squared for each in parts if each is not None)
    return SampledSpending(
        mu_squared=budget.model.mu_squared,
        epsilon=settings.epsilon,
        delta=settings.delta,
        sampling_rate=settings.sampling_rate,
        besides=besides + (models - 1) * budget.model.mu_squared,
    )


@lru_cache(maxsize=32)
def sampled_noise(epsilon: float, delta: float, rate: float, besides: float, steps: int) -> float:
    """Return the least noise multiplier of so many steps.

    Parameters
    ----------
    besides : float
        Squares of mu of Gaussian releases of the same run.
    """

    def event(multiplier: float) -> DpEvent:
        step = PoissonSampledDpEvent(rate, GaussianDpEvent(multiplier))
        others = GaussianDpEvent(1 / math.sqrt(besides))
        return ComposedDpEvent([others, SelfComposedDpEvent(step, steps)])

    found: float = calibrate_dp_mechanism(
        partial(PLDAccountant, value_discretization_interval=COARSENESS),
        event,
        epsilon,
        delta,
        ExplicitBracketInterval(0.2, 1e4),
        tol=TOLERANCE,
    )
    # The tolerance must not be the patients' loss.
    return found + TOLERANCE
