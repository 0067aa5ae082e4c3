"""Counts of the same cells at several hospitals, each held against its own past.

Hospitals differ, and how many patients each has changes from window to window: merged counts move
although no hospital does. So each hospital's reference counts with the weight of its window (direct
standardisation), and chance is simulated at each hospital by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import chi2

from shared.drift.compared import Floats
from shared.drift.distances import jensen_shannon, population_stability

# Enough for the 1% points.
FIRST = 1_000
# A p-value of so many windows at least as far is known well enough (Besag and Clifford 1991).
_ENOUGH = 20
_LARGEST_PART = 20_000
# So far out that simulating would only find that nothing comes near.
_FAR = 1e-8


@dataclass(frozen=True)
class Stratum:
    """Counts at one hospital.

    Attributes
    ----------
    reference, window : array of shape (cells,)
    reference_noise, window_noise : array of shape (cells,)
        Standard deviation of the noise in each count; zero where there is none.
    told_in : int
        Both are told in multiples of it.
    """

    reference: Floats
    window: Floats
    reference_noise: Floats
    window_noise: Floats
    told_in: int = 1

    @property
    def rows(self) -> float:
        """Rows of the window or of the reference, whichever has fewer."""
        return float(min(self.reference.sum(), self.window.sum()))


@dataclass(frozen=True)
class Stratified:
    """Counts of the same cells at one or more hospitals.

    Attributes
    ----------
    cells : tuple of str
    strata : tuple of Stratum
    is_line : bool
        Whether neighbouring cells are alike: parts of a number's range.
    """

    cells: tuple[str, ...]
    strata: tuple[Stratum, ...]
    is_line: bool = False

    @property
    def rows(self) -> float:
        """Rows of the windows that are counted."""
        return float(sum(each.window.sum() for each in self.strata))

    @property
    def reference_rows(self) -> float:
        """Rows of the references."""
        return float(sum(each.reference.sum() for each in self.strata))

    def without(self, place: int) -> Stratified:
        """Return the same of all hospitals but one."""
        return replace(self, strata=self.strata[:place] + self.strata[place + 1 :])

    def shares(self) -> tuple[Floats, Floats]:
        """Return the shares that are expected, with the windows' weights, and those that are."""
        references = [each.reference for each in self.strata]
        windows = [each.window for each in self.strata]
        return _standardised(references, windows)


@dataclass(frozen=True)
class Distances:
    """How far windows are from their references, and what chance brings.

    Attributes
    ----------
    psi, jensen_shannon, chi_squared : float
    psi_limit, jensen_shannon_limit : float
        Exceeded in a given share of windows without drift.
    p_value : float
    """

    psi: float
    psi_limit: float
    jensen_shannon: float
    jensen_shannon_limit: float
    chi_squared: float
    p_value: float


def distances_of(
    table: Stratified,
    level: float,
    most: int,
    generator: np.random.Generator,
    first: int = FIRST,
) -> Distances:
    """Measure a table, and simulate windows without drift.

    Parameters
    ----------
    level : float
        Of the cut-offs.
    most : int
        Simulated windows for one p-value; far fewer where the window is like many of them.
    first : int
        Simulated windows at least, of which the cut-offs are taken.
    """
    references = [each.reference for each in table.strata]
    windows = [each.window for each in table.strata]
    seen = float(_statistic(table, references, windows))
    begun = _simulated(table, first, generator)
    further = int((_statistic(table, *begun) >= seen * (1 - 1e-12)).sum())
    count = first
    if not further and float(chi2.sf(seen, max(len(table.cells) - 1, 1))) < _FAR:
        count = most
    while further < _ENOUGH and count < most:
        # The surer the p-value is to be small, the more windows are simulated at once.
        part = min(4 * count, _LARGEST_PART, most - count)
        simulated = _simulated(table, part, generator)
        further += int((_statistic(table, *simulated) >= seen * (1 - 1e-12)).sum())
        count += part
    psi, divergence = _far(*_scaled(references, windows))
    by_chance = _far(*_scaled(*begun))
    return Distances(
        psi=float(psi),
        psi_limit=_cut_off(by_chance[0], level),
        jensen_shannon=float(divergence),
        jensen_shannon_limit=_cut_off(by_chance[1], level),
        chi_squared=seen,
        p_value=(further + 1) / (count + 1),
    )


def told(counts: Floats, multiple: int, *, is_line: bool) -> Floats:
    """Return counts as a hospital with a smallest cell tells them.

    Along a line, rows are told in groups of neighbours, so that what lies below a border is known
    to about half a group. Otherwise each cell is rounded down, and the last one is what remains of
    a total that is rounded down too.
    """
    if multiple == 1:
        return counts
    total = np.floor(counts.sum(axis=-1, keepdims=True) / multiple) * multiple
    if is_line:
        below = np.rint(np.cumsum(counts, axis=-1) / multiple) * multiple
        below = np.minimum(below, total)
        below[..., -1:] = total
        return np.diff(below, axis=-1, prepend=0.0)
    kept = np.floor(counts[..., :-1] / multiple) * multiple
    rest = np.maximum(total - kept.sum(axis=-1, keepdims=True), 0.0)
    return np.concatenate([kept, rest], axis=-1)


def _statistic(
    table: Stratified, references: Sequence[Floats], windows: Sequence[Floats]
) -> Floats:
    """Return the chi-squared statistic of standardised shares, shape (...)."""
    total = np.asarray(sum(each.sum(axis=-1, keepdims=True) for each in windows))
    difference = np.zeros(np.broadcast_shapes(references[0].shape, windows[0].shape))
    variance = np.zeros_like(difference)
    for stratum, reference, window in zip(table.strata, references, windows, strict=True):
        rows = np.maximum(window.sum(axis=-1, keepdims=True), 1.0)
        others = np.maximum(reference.sum(axis=-1, keepdims=True), 1.0)
        weight = rows / np.maximum(total, 1.0)
        both = (window + reference) / (rows + others)
        difference += weight * (window / rows - reference / others)
        noise = (stratum.reference_noise / others) ** 2 + (stratum.window_noise / rows) ** 2
        variance += weight**2 * (both * (1 / rows + 1 / others) + noise)
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = difference**2 / variance
    found: Floats = np.where(variance > 0, terms, 0.0).sum(axis=-1)
    return found


def _standardised(references: Sequence[Floats], windows: Sequence[Floats]) -> tuple[Floats, Floats]:
    total = np.asarray(sum(each.sum(axis=-1, keepdims=True) for each in windows))
    expected = sum(
        each
        / np.maximum(each.sum(axis=-1, keepdims=True), 1.0)
        * (window.sum(axis=-1, keepdims=True) / np.maximum(total, 1.0))
        for each, window in zip(references, windows, strict=True)
    )
    return np.asarray(expected), np.asarray(sum(windows)) / np.maximum(total, 1.0)


def _scaled(references: Sequence[Floats], windows: Sequence[Floats]) -> tuple[Floats, Floats]:
    """Return standardised shares as counts again, for distances that smooth counts."""
    expected, _ = _standardised(references, windows)
    rows = np.asarray(sum(each.sum(axis=-1, keepdims=True) for each in references))
    return expected * rows, np.asarray(sum(windows))


def _far(reference: Floats, window: Floats) -> tuple[Floats, Floats]:
    return population_stability(reference, window), jensen_shannon(reference, window)


def _cut_off(distances: Floats, level: float) -> float:
    return float(np.quantile(distances, 1 - level, method="higher"))


def _simulated(
    table: Stratified, number: int, generator: np.random.Generator
) -> tuple[list[Floats], list[Floats]]:
    """Return so many references and windows of each hospital, each (windows, cells)."""
    references: list[Floats] = []
    windows: list[Floats] = []
    for each in table.strata:
        # Of both together: a reference as small as its window may lack what is seldom by chance.
        both = each.reference + each.window + 0.5
        shares = both / both.sum()
        for total, noise, found in (
            (each.reference.sum(), each.reference_noise, references),
            (each.window.sum(), each.window_noise, windows),
        ):
            drawn = generator.multinomial(round(float(total)), shares, number).astype(np.float64)
            if noise.any():
                drawn += generator.normal(0.0, 1.0, drawn.shape) * noise
                drawn = np.maximum(np.rint(drawn), 0.0)
            found.append(told(drawn, each.told_in, is_line=table.is_line))
    return references, windows
