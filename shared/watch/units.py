"""Whether numbers came in another unit: one histogram as another at a known scale."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from shared.analytes import analytes
from shared.contract import NumericFeature
from shared.drift.compared import Floats
from shared.drift.distances import jensen_shannon

# Of one molar mass in g/mol, how much larger a number is in the unit of the contract than in the
# other one: mg/dL is a tenth of a gram per litre, mmol/L a thousandth of a mole.
_MOLES: dict[str, dict[str, float]] = {
    "mg/dL": {"mmol/L": 10.0, "umol/L": 0.01},
    "g/dL": {"mmol/L": 10_000.0},
    "g/L": {"mmol/L": 1_000.0},
    "mg/L": {"mmol/L": 1.0, "umol/L": 0.001},
    "ng/mL": {"nmol/L": 1.0, "umol/L": 0.001},
    "ug/dL": {"umol/L": 0.01, "nmol/L": 10.0},
}
# Of the same dimension: how many of the second make one of the first.
_OTHERS: dict[str, dict[str, float]] = {
    "mm[Hg]": {"kPa": 0.133322, "cm[H2O]": 1.35951},
    "kPa": {"mm[Hg]": 7.50062},
    "kg": {"[lb_av]": 2.204623, "g": 1_000.0},
    "g": {"kg": 0.001, "[oz_av]": 0.035274},
    "cm": {"m": 0.01, "mm": 10.0, "[in_i]": 0.393701},
    "m": {"cm": 100.0},
    "mm": {"cm": 0.1, "mV": 0.1},
    "a": {"mo": 12.0, "d": 365.25},
    "mo": {"a": 1 / 12, "d": 30.4375},
    "/min": {"/s": 1 / 60},
    "mg/dL": {"g/L": 0.01, "mg/L": 10.0, "g/dL": 0.001},
    "g/dL": {"g/L": 10.0, "mg/dL": 1_000.0},
    "g/L": {"g/dL": 0.1, "mg/dL": 100.0, "mg/L": 1_000.0},
    "mg/L": {"mg/dL": 0.1, "g/L": 0.001},
    "mmol/L": {"umol/L": 1_000.0},
    "umol/L": {"mmol/L": 0.001, "nmol/L": 1_000.0},
    "10*9/L": {"/uL": 1_000.0},
    "/uL": {"10*9/L": 0.001},
    "U/L": {"ukat/L": 1 / 60},
}
# A slip of the decimal sign, or a prefix, whatever the unit.
_SLIPS = (10.0, 100.0, 1_000.0)
# Where the moved crowd must be, before another unit is spoken of.
_LEAST_SHARE = 0.15
# The other unit must explain this much of the distance.
_EXPLAINED = 0.6
# Cells in which a fit is judged.
_CELLS = 16
# A shift within what is usual is nearer than that, in bits.
_LEAST_DISTANCE = 0.1


@dataclass(frozen=True)
class Scale:
    """Another unit, as numbers in it look when they are taken for the contract's.

    Attributes
    ----------
    unit : str
        Empty for a slip of the decimal sign.
    factor, offset : float
        A number in it is ``factor * x + offset`` of the right one.
    """

    unit: str
    factor: float
    offset: float = 0.0


@dataclass(frozen=True)
class Fit:
    """How well a scale explains a window.

    Attributes
    ----------
    scale : Scale
    share : float
        Of the window's numbers, those that are moved.
    explained : float
        Share of the distance that is gone once they are moved back.
    """

    scale: Scale
    share: float
    explained: float


@cache
def scales_of(unit: str, analyte: str | None) -> tuple[Scale, ...]:
    """Return the units that numbers may have come in, the likeliest first."""
    found = [*_of_amounts(unit, analyte)]
    found += [Scale(other, factor) for other, factor in _OTHERS.get(unit, {}).items()]
    if unit in ("Cel", "[degF]"):
        to_fahrenheit = Scale("[degF]", 1.8, 32.0)
        found.append(to_fahrenheit if unit == "Cel" else Scale("Cel", 1 / 1.8, -32 / 1.8))
    if analyte == "hba1c":
        percent = Scale("%", 0.09148, 2.152)
        found.append(percent if unit == "mmol/mol" else Scale("mmol/mol", 10.931, -23.524))
    known = [each.factor for each in found]
    for slip in (*_SLIPS, *(1 / each for each in _SLIPS)):
        if not np.isclose(known, slip, rtol=0.05).any() if known else True:
            found.append(Scale("", slip))
    return tuple(found)


def _of_amounts(unit: str, analyte: str | None) -> list[Scale]:
    """Return the units of mass and of amount of substance that laboratories change between."""
    mass = analytes()[analyte].molar_mass if analyte in analytes() else None
    if analyte is None or mass is None:
        return []
    found = [Scale(other, each / mass) for other, each in _MOLES.get(unit, {}).items()]
    for of_mass, others in _MOLES.items():
        if unit in others:
            found.append(Scale(of_mass, mass / others[unit]))
    return found


def best_scale(feature: NumericFeature, reference: Floats, window: Floats) -> Fit | None:
    """Return the unit that explains a window; None where none does, or nothing needs one.

    The window is taken for a mixture of the reference and of the reference in the other unit, as
    where one laboratory of several has changed.

    Parameters
    ----------
    reference, window : array of shape (bins of the feature,)
    """
    before = float(jensen_shannon(reference, window))
    if before < _LEAST_DISTANCE:
        return None
    fits = []
    for scale in scales_of(feature.unit, feature.analyte):
        moved = moved_histogram(feature, reference, scale)
        if moved.sum() < 0.05 * reference.sum():
            continue
        share = _mixed(reference / reference.sum(), moved / moved.sum(), window)
        mixture = (1 - share) * reference / reference.sum() + share * moved / moved.sum()
        if share >= _LEAST_SHARE and _lies_beyond(reference, window) >= share / 2:
            fits.append(Fit(scale, share, _explained(reference, mixture, window)))
    good = [each for each in fits if each.explained >= _EXPLAINED]
    return max(good, key=lambda each: each.explained) if good else None


def moved_histogram(feature: NumericFeature, counts: Floats, scale: Scale) -> Floats:
    """Return a histogram of the same numbers in another unit; what leaves the range is gone.

    Rows of a bin are spread evenly over what it becomes.
    """
    edges = np.linspace(feature.minimum, feature.maximum, feature.bins + 1)
    moved = scale.factor * edges + scale.offset
    below = np.interp(edges, moved, np.concatenate([[0.0], np.cumsum(counts)]))
    found: Floats = np.diff(below)
    return found


def share_outside(feature: NumericFeature, counts: Floats, scale: Scale) -> float:
    """Return which share of numbers would leave the contract's range in another unit."""
    total = counts.sum()
    return 1.0 - float(moved_histogram(feature, counts, scale).sum() / total) if total else 0.0


def _lies_beyond(reference: Floats, window: Floats) -> float:
    """Return which share of a window lies where the reference has next to nothing."""
    shares = _smoothed(reference) / max(reference.sum(), 1.0)
    seldom = shares < 0.02 / len(reference) ** 0.5 / 2
    return float(window[seldom].sum() / window.sum())


def _smoothed(counts: Floats) -> Floats:
    """Return counts in which a bin between full ones is not empty."""
    width = max(3, len(counts) // 20)
    found: Floats = np.convolve(counts, np.ones(width) / width, mode="same")
    return found


def _explained(reference: Floats, mixture: Floats, window: Floats) -> float:
    """Return which share of the distance is gone, in cells that the mixture fills evenly.

    In the contract's bins, of which a window leaves most empty by chance, nothing would fit it.
    """
    place = np.floor((np.cumsum(mixture) - mixture / 2) * _CELLS).astype(np.intp)
    starts = np.flatnonzero(np.diff(place, prepend=-1))
    first, mixed, last = (np.add.reduceat(each, starts) for each in (reference, mixture, window))
    before = float(jensen_shannon(first, last))
    return 1 - float(jensen_shannon(mixed, last)) / before if before else 0.0


def _mixed(first: Floats, second: Floats, window: Floats) -> float:
    """Return the share of the second of two distributions in a window (EM, from a half)."""
    share, tiny = 0.5, 1e-6
    for _ in range(100):
        of_second = share * (second + tiny)
        chance = of_second / (of_second + (1 - share) * (first + tiny))
        renewed = float((chance * window).sum() / window.sum())
        if abs(renewed - share) < 1e-4:
            return renewed
        share = renewed
    return share
