"""Noise that nobody can guess."""

from __future__ import annotations

import os
import secrets
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from shared.models.base import derive_seed
from shared.privacy.fixed_sums import Integers


class Noise(Protocol):
    """Where noise comes from."""

    def of(self, *seeds: int) -> Noise:
        """Return the noise of one question; only simulations look at the seeds."""

    def added(self, values: Integers, scale: float) -> Integers:
        """Return the values with independent noise added to each.

        Parameters
        ----------
        values : int64 array of any shape
        scale : float
            Standard deviation of the noise.
        """

    def chosen(self, rows: int, rate: float) -> npt.NDArray[np.bool_]:
        """Draw rows, each by itself with the same chance; shape (rows,)."""

    def seed(self, run_seed: int) -> int:
        """Return a seed of draws that nobody else may know; only simulations look at the run's."""


class CryptographicNoise:
    """Discrete Gaussian noise, drawn exactly from the operating system's generator by OpenDP.

    Whole numbers and exact sampling: floating-point noise tells more than its mathematics (Mironov
    2012). Sampling after Canonne, Kamath and Steinke 2020.
    """

    def of(self, *_seeds: int) -> CryptographicNoise:
        """Return the same: nothing that anyone knows has a say."""
        return self

    def added(self, values: Integers, scale: float) -> Integers:
        """Return the values with noise; see `Noise`."""
        drawn = _gaussian(scale)(values.ravel().tolist())
        return np.array(drawn, dtype=np.int64).reshape(values.shape)

    def chosen(self, rows: int, rate: float) -> npt.NDArray[np.bool_]:
        """Draw rows; see `Noise`."""
        drawn = np.frombuffer(os.urandom(8 * rows), dtype=np.uint64)
        return drawn < np.float64(rate) * 2.0**64

    def seed(self, run_seed: int) -> int:
        """Return a new seed each time; see `Noise`."""
        del run_seed
        return secrets.randbits(63)


class SeededNoise:
    """The same noise every time, for simulations whose patients need no protection.

    Anyone who knows the seed can take it away again: no node uses this.
    """

    def __init__(self, *seeds: int) -> None:
        self._seeds = seeds
        self._generator = np.random.default_rng([each % 2**32 for each in seeds])

    def of(self, *seeds: int) -> SeededNoise:
        """Return the noise of one question, the same whenever it is asked."""
        return SeededNoise(*self._seeds, *seeds)

    def added(self, values: Integers, scale: float) -> Integers:
        """Return the values with noise; see `Noise`."""
        drawn = np.rint(self._generator.normal(0.0, scale, values.shape)).astype(np.int64)
        return values + drawn

    def chosen(self, rows: int, rate: float) -> npt.NDArray[np.bool_]:
        """Draw rows; see `Noise`."""
        return self._generator.random(rows) < rate

    def seed(self, run_seed: int) -> int:
        """Return the same seed each time; see `Noise`."""
        return derive_seed(run_seed, *self._seeds)


@lru_cache(maxsize=16)
def _gaussian(scale: float) -> Any:  # noqa: ANN401 - OpenDP's own type is built at run time
    import opendp.prelude as dp

    dp.enable_features("contrib")
    domain = dp.vector_domain(dp.atom_domain(T="i64"))
    return dp.m.make_gaussian(domain, dp.l2_distance(T="i64"), scale=scale)
