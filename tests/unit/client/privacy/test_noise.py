"""The noise is what it says: its distribution, and how much one patient shows through it."""

import numpy as np
import pytest
from scipy.stats import chisquare

from client.privacy.noise import CryptographicNoise, Noise, SeededNoise
from shared.privacy.gaussian_budget import mu_of


def test_noise_is_a_discrete_gaussian() -> None:
    scale, draws = 2.0, 40_000
    found = CryptographicNoise().added(np.zeros(draws, dtype=np.int64), scale)
    values = np.arange(-8, 9)
    chances = np.exp(-(values**2) / (2 * scale**2))
    chances /= chances.sum()
    counts = np.array([(found == value).sum() for value in values])
    inside = counts.sum()
    assert inside > 0.999 * draws
    # The generator cannot be seeded: one false alarm in a million runs.
    assert chisquare(counts, chances * inside).pvalue > 1e-6


@pytest.mark.parametrize("noise", [CryptographicNoise(), SeededNoise(3)])
@pytest.mark.parametrize("scale", [50.0, 1e9])
def test_noise_has_the_deviation_asked_for(noise: Noise, scale: float) -> None:
    values = np.arange(20_000, dtype=np.int64).reshape(100, 200)
    found = noise.added(values, scale) - values
    assert found.shape == values.shape
    assert found.std() == pytest.approx(scale, rel=0.05)
    assert abs(found.mean()) < 5 * scale / np.sqrt(found.size)
    assert abs(np.corrcoef(found.ravel()[:-1], found.ravel()[1:])[0, 1]) < 0.05


def test_patients_show_no_more_than_the_stated_epsilon() -> None:
    """Guess from a noised count whether a patient was there; a lower bound on epsilon follows.

    As an auditor would (Jagielski et al. 2020): epsilon is at least the log of the ratio of true to
    false alarms.
    """
    epsilon, delta, draws = 1.0, 1e-5, 60_000
    scale = 1 / mu_of(epsilon, delta)
    noise = CryptographicNoise()
    without = noise.added(np.zeros(draws, dtype=np.int64), scale)
    within = noise.added(np.ones(draws, dtype=np.int64), scale)
    bounds = []
    for threshold in range(int(3 * scale)):
        true = (within > threshold).mean() - 4 * np.sqrt(0.25 / draws)
        false = (without > threshold).mean() + 4 * np.sqrt(0.25 / draws)
        bounds.append(np.log(max(true - delta, 1e-9) / false))
    assert max(bounds) <= epsilon
    # A quarter of the noise would be caught.
    loud = noise.added(np.ones(draws, dtype=np.int64), scale / 16)
    quiet = noise.added(np.zeros(draws, dtype=np.int64), scale / 16)
    assert np.log(((loud > 0.5).mean()) / max((quiet > 0.5).mean(), 1e-9)) > epsilon


def test_each_row_is_drawn_by_itself() -> None:
    for noise in (CryptographicNoise(), SeededNoise(1)):
        chosen = noise.chosen(50_000, 0.2)
        assert chosen.mean() == pytest.approx(0.2, abs=0.012)
        assert noise.chosen(10, 1.0).all()


def test_only_simulations_repeat_themselves() -> None:
    values = np.zeros(50, dtype=np.int64)
    seeded = SeededNoise(5)
    assert np.array_equal(seeded.of(1, 2).added(values, 9.0), seeded.of(1, 2).added(values, 9.0))
    assert not np.array_equal(
        seeded.of(1, 3).added(values, 9.0), seeded.of(1, 2).added(values, 9.0)
    )
    real = CryptographicNoise()
    assert not np.array_equal(real.of(1, 2).added(values, 9.0), real.of(1, 2).added(values, 9.0))
