"""Composition, against dp-accounting used directly, against exact sums, and against the clock."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from dp_accounting import (
    ComposedDpEvent,
    DpEvent,
    GaussianDpEvent,
    NeighboringRelation,
    PoissonSampledDpEvent,
    get_epsilon_gaussian,
)
from dp_accounting.pld import PLDAccountant
from dp_accounting.rdp import RdpAccountant

from client.privacy.accounting import (
    FINE_NOISE,
    Accountant,
    Counts,
    Kind,
    epsilon_of,
    kind_of,
    loss_epsilon,
    merged,
    renyi_epsilon,
)
from tests.unit.client.privacy.conftest import noised

DELTA = 1e-5


def random_kinds(seed: int, count: int) -> list[Kind]:
    generator = np.random.default_rng(seed)
    multipliers = generator.choice([2.0, 4.0, 9.5, 30.0], count)
    rates = generator.choice([0.02, 0.2, 1.0], count)
    return [Kind(float(z), float(q)) for z, q in zip(multipliers, rates, strict=True)]


def event(kind: Kind) -> DpEvent:
    gaussian = GaussianDpEvent(kind.noise_multiplier)
    if kind.sampling_rate < 1:
        return PoissonSampledDpEvent(kind.sampling_rate, gaussian)
    return gaussian


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_it_is_dp_accounting_event_by_event(seed: int) -> None:
    kinds = random_kinds(seed, 40)
    composed = ComposedDpEvent([event(kind) for kind in kinds])
    relation = NeighboringRelation.ADD_OR_REMOVE_ONE
    renyi = RdpAccountant(neighboring_relation=relation).compose(composed).get_epsilon(DELTA)
    loss = PLDAccountant(neighboring_relation=relation).compose(composed).get_epsilon(DELTA)
    counts = Counter(kinds)
    assert renyi_epsilon(counts, DELTA) == pytest.approx(renyi, rel=1e-9)
    assert loss_epsilon(counts, DELTA) == pytest.approx(loss, rel=2e-3)
    assert epsilon_of(counts, DELTA) == pytest.approx(min(renyi, loss), rel=2e-3)


def test_unsampled_releases_are_one_gaussian_exactly() -> None:
    counts = Counter({Kind(30.0): 200, Kind(12.0): 7, Kind(5.0, 0.1): 3})
    multiplier = 1 / math.sqrt(200 / 30.0**2 + 7 / 12.0**2)
    (whole,) = (kind for kind in merged(counts) if kind.sampling_rate == 1)
    assert whole.noise_multiplier == pytest.approx(multiplier, rel=1e-12)
    assert merged(counts)[Kind(5.0, 0.1)] == 3
    alone = Counter({Kind(30.0): 200, Kind(12.0): 7})
    assert epsilon_of(alone, DELTA) == pytest.approx(
        get_epsilon_gaussian(multiplier, DELTA), rel=1e-4
    )


def test_nothing_released_tells_nothing() -> None:
    assert epsilon_of(Counts(), DELTA) == 0


def exact_delta(sigma: float, shift: int, epsilon: float) -> float:
    """Delta of one discrete Gaussian, summed over the whole numbers."""
    reach = math.ceil(40 * sigma)
    numbers = np.arange(-reach, reach + 1, dtype=float)
    weights = np.exp(-(numbers**2) / (2 * sigma**2))
    moved = np.exp(-((numbers - shift) ** 2) / (2 * sigma**2))
    lost = moved / weights.sum() - math.exp(epsilon) * weights / weights.sum()
    return float(lost[lost > 0].sum())


@pytest.mark.parametrize("multiplier", [0.8, 2.0, 7.3])
def test_the_discrete_gaussian_keeps_what_is_promised(multiplier: float) -> None:
    shift = math.ceil(FINE_NOISE / multiplier)
    sigma = shift * multiplier
    kind = kind_of(noised(multiplier, sensitivity=float(shift)))
    assert kind.fine
    epsilon = epsilon_of(Counter([kind]), DELTA)
    assert exact_delta(sigma, shift, epsilon) <= DELTA
    assert exact_delta(sigma, shift, epsilon * 0.999) > DELTA


def test_coarse_noise_is_never_accounted_by_its_loss() -> None:
    coarse = kind_of(noised(0.7, sensitivity=1))
    assert not coarse.fine
    counts = Counter([coarse])
    assert epsilon_of(counts, DELTA) == renyi_epsilon(counts, DELTA)
    assert exact_delta(0.7, 1, epsilon_of(counts, DELTA)) <= DELTA


@pytest.mark.parametrize("seed", [3, 4])
def test_what_is_told_at_once_bounds_what_is_spent_and_uses_the_budget(seed: int) -> None:
    accountant, counts, budget = Accountant(), Counts(), 3.0
    generator = np.random.default_rng(seed)
    kinds = [Kind(4.0, 0.05), Kind(60.0)]
    while True:
        asked = kinds[generator.integers(2)]
        after = counts + Counter([asked])
        found = accountant.after(after, budget, DELTA)
        if found > budget:
            break
        counts = after
    assert epsilon_of(counts, DELTA) <= budget
    # Refused only where one more could not be borne.
    assert loss_epsilon(after, DELTA, 1e-3) > budget
    assert epsilon_of(counts, DELTA) > 0.98 * budget


def test_every_bound_on_the_way_is_one() -> None:
    accountant, counts = Accountant(), Counts()
    for made in range(1, 260):
        counts[Kind(5.0, 0.2)] += 1
        found = accountant.after(counts, 4.0, DELTA)
        if made % 20 == 0:
            assert found >= epsilon_of(counts, DELTA) * 0.999
