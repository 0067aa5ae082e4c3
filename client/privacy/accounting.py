"""What releases about the same patients add up to, by Google's dp-accounting.

Neighbouring data sets differ by one patient who is added or removed. A discrete Gaussian's Rényi
divergences are at most those of the continuous one (Canonne, Kamath and Steinke, "The Discrete
Gaussian for Differential Privacy", 2020), so Rényi accounting holds for any noise. Its privacy loss
follows the continuous one's the closer, the finer its whole numbers are: with a standard deviation
of `FINE_NOISE` of them, delta differs by less than `_DELTA_KEPT_BACK` of itself, and only such
noise is accounted by its loss.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from shared.privacy.release import Release

FINE_NOISE = 1000.0
_DELTA_KEPT_BACK = 1e-5
# Widths of the bins of privacy loss: for a report, and for a decision between two rounds.
PRECISE = 1e-4
QUICK = 1e-3
# How much more than what was released a look ahead takes in, the boldest first.
_SHARES_AHEAD = (1 / 8, 1 / 32, 1 / 128, 0.0)


class Kind(NamedTuple):
    """Releases that tell the same.

    Attributes
    ----------
    noise_multiplier : float
    sampling_rate : float
    fine : bool
        Whether the noise is as good as continuous.
    """

    noise_multiplier: float
    sampling_rate: float = 1.0
    fine: bool = True


Counts = Counter[Kind]


def kind_of(release: Release) -> Kind:
    """Return what a release with noise counts as."""
    fine = release.sensitivity * release.noise_multiplier >= FINE_NOISE
    return Kind(release.noise_multiplier, release.sampling_rate, fine)


def merged(counts: Counts) -> Counts:
    """Put all unsampled releases into the one Gaussian that tells exactly as much."""
    whole = {kind: count for kind, count in counts.items() if kind.sampling_rate == 1 and count}
    found = Counter(
        {kind: count for kind, count in counts.items() if kind.sampling_rate < 1 and count}
    )
    if whole:
        precision = math.fsum(count / kind.noise_multiplier**2 for kind, count in whole.items())
        found[Kind(1 / math.sqrt(precision), fine=all(kind.fine for kind in whole))] = 1
    return found


def renyi_epsilon(counts: Counts, delta: float) -> float:
    """Return epsilon by Rényi differential privacy; microseconds for kinds met before."""
    from dp_accounting.rdp import rdp_privacy_accountant as rdp

    together = merged(counts)
    if not together:
        return 0.0
    divergences = sum(_divergences(kind) * count for kind, count in together.items())
    return float(rdp.compute_epsilon(_orders(), divergences, delta)[0])


def loss_epsilon(counts: Counts, delta: float, width: float = PRECISE) -> float:
    """Return epsilon by the distribution of privacy loss; infinite for noise that is not fine.

    Parameters
    ----------
    width : float
        Of the bins of privacy loss; any width is an upper bound, a finer one is lower.
    """
    from dp_accounting import get_epsilon_gaussian
    from dp_accounting.pld import PLDAccountant

    together = merged(counts)
    if not all(kind.fine for kind in together):
        return math.inf
    kept = delta * (1 - _DELTA_KEPT_BACK)
    if all(kind.sampling_rate == 1 for kind in together):
        return max((_gaussian(get_epsilon_gaussian, kind, kept) for kind in together), default=0.0)
    accountant = PLDAccountant(value_discretization_interval=width)
    for kind, count in together.items():
        accountant.compose(_event(kind), count)
    return float(accountant.get_epsilon(kept))


def epsilon_of(counts: Counts, delta: float, width: float = PRECISE) -> float:
    """Return the least epsilon that is proven for releases at this delta."""
    return min(renyi_epsilon(counts, delta), loss_epsilon(counts, delta, width))


class Accountant:
    """Says after each release, at once, what all have told so far.

    The first answer is Rényi's, which costs nothing. Only when that would pass the budget the
    distribution of the privacy loss is worked out, for somewhat more releases than there are: until
    those have been made, their epsilon bounds what has been.
    """

    def __init__(self) -> None:
        self._roof: Counts = Counter()
        self._terms: tuple[float, float] = (0.0, 0.0)
        self._epsilon = 0.0
        self._boldness = 0

    def after(self, counts: Counts, budget: float, delta: float) -> float:
        """Return an upper bound of epsilon: above the budget only where the best known bound is.

        Parameters
        ----------
        counts : Counts
            All releases, the one that is asked for among them.
        """
        found = renyi_epsilon(counts, delta)
        if found <= budget:
            return found
        if (budget, delta) != self._terms:
            self._terms, self._roof, self._boldness = (budget, delta), Counter(), 0
        if not counts <= self._roof:
            return min(found, self._build_roof(counts, budget, delta))
        return min(found, self._epsilon)

    def _build_roof(self, counts: Counts, budget: float, delta: float) -> float:
        for share in _SHARES_AHEAD[self._boldness :]:
            roof = Counter(
                {kind: count + math.ceil(count * share) for kind, count in counts.items()}
            )
            epsilon = loss_epsilon(roof, delta, QUICK)
            if epsilon <= budget:
                self._roof, self._epsilon = roof, epsilon
                break
            self._boldness = min(self._boldness + 1, len(_SHARES_AHEAD) - 1)
        return epsilon


def _event(kind: Kind) -> Any:  # noqa: ANN401 - dp-accounting has no types
    from dp_accounting import GaussianDpEvent, PoissonSampledDpEvent

    gaussian = GaussianDpEvent(kind.noise_multiplier)
    if kind.sampling_rate == 1:
        return gaussian
    return PoissonSampledDpEvent(kind.sampling_rate, gaussian)


def _gaussian(epsilon: Callable[[float, float], float], kind: Kind, delta: float) -> float:
    return float(epsilon(kind.noise_multiplier, delta))


# Merged Gaussians are new each time, and cheap.
@lru_cache(maxsize=1024)
def _divergences(kind: Kind) -> npt.NDArray[np.float64]:
    from dp_accounting.rdp import RdpAccountant

    found: npt.NDArray[np.float64] = RdpAccountant().compose(_event(kind)).rdp
    return found


@lru_cache(maxsize=1)
def _orders() -> npt.NDArray[np.float64]:
    from dp_accounting.rdp import RdpAccountant

    found: npt.NDArray[np.float64] = RdpAccountant().orders
    return found
