"""What distances there are by chance alone, for the window's size and the reference's noise.

A fixed cut-off will not do: a population stability index above 0.25 comes up without any drift in
80% of windows of 30 rows, and in none of 200.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from shared.drift.compared import Compared, Floats
from shared.drift.distances import chi_squared, jensen_shannon, population_stability

# Enough for the 1% points.
FIRST = 2_000
# A p-value of so many windows at least as far is known well enough (Besag and Clifford 1991).
_ENOUGH = 20
_LARGEST_PART = 20_000


@dataclass(frozen=True)
class Chance:
    """What would be seen by chance.

    Attributes
    ----------
    psi, jensen_shannon, chi_squared : float
        Exceeded in `level` of windows without drift.
    p_value : float
        The chance of a chi-squared statistic at least as large as the window's.
    """

    psi: float
    jensen_shannon: float
    chi_squared: float
    p_value: float


def by_chance(
    compared: Compared, level: float, most: int, generator: np.random.Generator
) -> Chance:
    """Simulate windows without drift.

    Both samples are drawn anew from what the reference has: the window with its size, the reference
    with its own and its noise.

    Parameters
    ----------
    level : float
        Of the cut-offs.
    most : int
        Simulated windows for one p-value; far fewer where the window is like many of them.
    """
    seen = float(chi_squared(compared.reference, compared.window, compared.noise))
    reference, window = next(_simulated(compared, FIRST, generator))
    first = chi_squared(reference, window, compared.noise)
    further, count = int((first >= seen * (1 - 1e-12)).sum()), FIRST
    for more_reference, more_window in _simulated(compared, most - FIRST, generator):
        if further >= _ENOUGH:
            break
        further += int(
            (chi_squared(more_reference, more_window, compared.noise) >= seen * (1 - 1e-12)).sum()
        )
        count += len(more_window)
    return Chance(
        psi=_cut_off(population_stability(reference, window), level),
        jensen_shannon=_cut_off(jensen_shannon(reference, window), level),
        chi_squared=_cut_off(first, level),
        p_value=(further + 1) / (count + 1),
    )


def _cut_off(distances: Floats, level: float) -> float:
    return float(np.quantile(distances, 1 - level, method="higher"))


def _simulated(
    compared: Compared, number: int, generator: np.random.Generator
) -> Iterator[tuple[Floats, Floats]]:
    """Yield parts of so many pairs of a reference and a window, each (windows, cells)."""
    total = compared.reference.sum()
    shares = (compared.reference + 0.5) / (total + 0.5 * len(compared.reference))
    shares = shares / shares.sum()
    while number > 0:
        part = min(number, _LARGEST_PART)
        reference = generator.multinomial(round(total), shares, part).astype(np.float64)
        if compared.noise.any():
            noised = reference + generator.normal(0.0, 1.0, reference.shape) * compared.noise
            reference = np.maximum(np.rint(noised), 0.0)
        window = generator.multinomial(round(compared.rows), shares, part).astype(np.float64)
        yield reference, window
        number -= part
