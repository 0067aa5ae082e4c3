"""How much noise the training reference of a private run has."""

from __future__ import annotations

import math

from shared.contract import Contract, TermsFeature
from shared.run_settings import RunSettings

# As the summary of a private run counts numbers.
NOISED_BINS = 16


def reference_noise(contract: Contract, settings: RunSettings, model: str) -> float:
    """Return the standard deviation of the noise in each count of the reference; 0 without noise.

    What the bundle does not tell is how many hospitals answered. The least that the run asked for
    is taken: with more, there is more noise, and an alarm is a little less rare than stated.
    """
    privacy = settings.privacy
    if not privacy.is_private:
        return 0.0
    # Needed for private runs only, and slow to import.
    from shared.privacy.gaussian_budget import divide_budget

    counted = contract.features.values() if privacy.summary == "features" else ()
    terms = [isinstance(each, TermsFeature) for each in counted]
    sensitivity = math.sqrt(1 + sum(privacy.largest_set if each else 1 for each in terms))
    multiplier = divide_budget(privacy, [model]).summary.noise_multiplier(1)
    hospitals = max(settings.minimum_hospitals, privacy.assumed_honest)
    return multiplier * sensitivity * math.sqrt(hospitals / privacy.assumed_honest)
