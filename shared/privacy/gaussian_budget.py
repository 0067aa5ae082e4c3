"""How a run's budget becomes noise: Gaussian differential privacy (Dong, Roth and Su 2022).

A sum whose noise has the standard deviation of its sensitivity times z is 1/z-GDP, and what is
m1-GDP and m2-GDP together is sqrt(m1**2 + m2**2)-GDP: squares of mu are what a run spends.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scipy.optimize import brentq
from scipy.special import log_ndtr, ndtr

from shared.errors import SettingsError
from shared.privacy.settings import PrivacySettings


def delta_of(mu: float, epsilon: float) -> float:
    """Return the delta of a mu-GDP mechanism at an epsilon (Dong et al., corollary 2.13)."""
    second = math.exp(epsilon + float(log_ndtr(-epsilon / mu - mu / 2)))
    return float(ndtr(-epsilon / mu + mu / 2)) - second


def mu_of(epsilon: float, delta: float) -> float:
    """Return the largest mu whose mechanism is (epsilon, delta)-differentially private."""
    found: float = brentq(lambda mu: delta_of(mu, epsilon) - delta, 1e-6, 100, xtol=1e-10)
    return found


@dataclass(frozen=True)
class Spending:
    """What one purpose of a run may spend.

    Attributes
    ----------
    mu_squared : float
        Of all its releases together.
    """

    mu_squared: float

    def noise_multiplier(self, releases: int) -> float:
        """Return the noise of each of so many releases, in sensitivities."""
        return math.sqrt(releases / self.mu_squared)


# Of what judging may spend, for attacking the models.
MEMBERSHIP_SHARE = 0.2
# Of what promises nothing: no noise.
NOTHING_HIDDEN = Spending(math.inf)


@dataclass(frozen=True)
class GaussianBudget:
    """A run's budget, divided.

    Attributes
    ----------
    summary : Spending
    evaluation, membership : Spending or None
        None where nothing is judged: how good models are, and how sure they are of patients that
        they learned from.
    model : Spending
        Of each model.
    """

    summary: Spending
    evaluation: Spending | None
    membership: Spending | None
    model: Spending


def divide_budget(settings: PrivacySettings, models: Sequence[str]) -> GaussianBudget:
    """Divide a run's budget; without a formal guarantee there is none, and no noise.

    Raises
    ------
    SettingsError
        When nothing is left for models.
    """
    left = 1 - settings.summary_share - settings.evaluation_share
    if left <= 0:
        raise SettingsError(
            "summary_share and evaluation_share leave nothing for training.",
            "Lower them; together they must stay below 1.",
        )
    if not settings.is_private:
        return GaussianBudget(*[NOTHING_HIDDEN] * 4)
    whole = mu_of(settings.epsilon, settings.delta) ** 2
    judged = settings.evaluation_share
    return GaussianBudget(
        summary=Spending(whole * settings.summary_share),
        evaluation=Spending(whole * judged * (1 - MEMBERSHIP_SHARE)) if judged else None,
        membership=Spending(whole * judged * MEMBERSHIP_SHARE) if judged else None,
        model=Spending(whole * left / len(models)),
    )
