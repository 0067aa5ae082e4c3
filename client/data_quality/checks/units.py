"""A unit that is wrong for a part of the rows: a second crowd at a known factor from the first."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from client.data_quality.checks.mixtures import OneCrowd
from client.data_quality.checks.null_meanings import sentinel_masks
from client.data_quality.checks.statistics import spread_of
from client.data_quality.finding import Finding
from client.data_quality.hospital_rows import HospitalRows, Mask, Numbers, remembered
from client.sources.units import conversion
from shared.contract import NumericFeature

# Units that the same quantity is measured in elsewhere. A pair that does not convert is passed by.
OTHER_UNITS = (
    "mmol/L", "umol/L", "nmol/L", "pmol/L", "mg/dL", "g/dL", "g/L", "mg/L", "ug/L", "ng/mL",
    "ug/dL", "kPa", "mm[Hg]", "cm[H2O]", "kg", "g", "[lb_av]", "[oz_av]", "m", "cm", "mm",
    "[in_i]", "[ft_i]", "a", "mo", "wk", "d", "h", "min", "s", "10*9/L", "/uL", "mmol/mol", "%",
)  # fmt: skip
# A slip of the decimal sign, whatever the unit.
SLIPS = {"10": 10.0, "100": 100.0, "1000": 1000.0}
FEWEST = 5
# Rows of a class that say what is usual in it.
FEWEST_OF_CLASS = 3
FEWEST_SHARE = 0.005
# Two crowds are two where nearly nothing lies half-way between them.
VALLEY = 0.1
# Factors up to about five are looked for under the others' tail.
CLOSE = 1.7
# A factor fits where the moved crowd's middle comes so near the others' (in their spreads).
NEAR = 1.0


def units_of_parts(rows: HospitalRows) -> Iterable[Finding]:
    """Find rows whose numbers are in another unit than the column's."""
    for feature, _ in rows.mapped():
        if isinstance(feature, NumericFeature):
            for (other_unit, factor), found in unit_masks(rows, feature.name).items():
                yield rows.finding(
                    "unit_of_part",
                    "act_now",
                    found,
                    feature.name,
                    int(np.isfinite(rows.numbers[feature.name]).sum()),
                    factor=factor,
                    other_unit=other_unit,
                    unit=feature.unit if feature.unit != "1" else "",
                )


@remembered
def unit_masks(rows: HospitalRows, name: str) -> dict[tuple[str, float], Mask]:
    """Return the rows that another unit explains, by that unit and its factor; at most one."""
    feature = rows.contract.recorded[name]
    if not isinstance(feature, NumericFeature):
        return {}
    numbers = rows.numbers[feature.name]
    known = np.isfinite(numbers) & (numbers > 0)
    for mask in sentinel_masks(rows, name).values():
        known &= ~mask
    enough = max(FEWEST, FEWEST_SHARE * known.sum())
    if known.sum() < 4 * FEWEST:
        return {}
    logs = from_usual(numbers, known, rows.labels)
    known &= np.isfinite(logs)
    best: tuple[float, tuple[str, float], Mask] | None = None
    one_crowd = OneCrowd(logs[known])
    for unit, factor in factors_of(feature.unit, feature.analyte).items():
        found = second_crowd(logs, known, factor)
        if not found.any() and may_overlap(logs, known, factor):
            found[known] = one_crowd.copies(float(np.log(factor)))
        if found.sum() < enough:
            continue
        distance = _distance(logs, known & ~found, found, factor)
        if distance < NEAR and (best is None or distance < best[0] - 0.05):
            best = distance, (unit, factor), found
    return {} if best is None else {best[1]: best[2]}


@cache
def factors_of(unit: str, analyte: str | None) -> dict[str, float]:
    """Return how much larger a number is than it should be, by the unit that it was written in."""
    found: dict[str, float] = {}
    for other in OTHER_UNITS:
        # A number in `other`, taken for one in the feature's unit, is too large by this.
        convert = conversion(unit, other, analyte)
        if convert is None or other == unit:
            continue
        first, second = convert(np.array([1.0, 2.0]))
        if abs(second - 2 * first) < 1e-9 * abs(second) and abs(np.log(first)) > np.log(1.5):
            found.setdefault(other, float(first))
    known = np.array(list(found.values()))
    slips = {f"x {name}": slip for name, slip in SLIPS.items()}
    slips |= {f": {name}": 1 / slip for name, slip in SLIPS.items()}
    found |= {
        name: slip for name, slip in slips.items() if not np.isclose(known, slip, rtol=1e-6).any()
    }
    return found


def from_usual(numbers: Numbers, known: Mask, labels: npt.NDArray[np.object_]) -> Numbers:
    """Return how far each number is from the usual one of its class, as a logarithm.

    A disease may multiply a value as a unit does, and then all of its class have it.

    Returns
    -------
    float64 array of shape (rows,)
        Not a number where it is not known what is usual.
    """
    found = np.full(len(numbers), np.nan)
    classes, _ = pd.factorize(labels)
    for code in np.unique(classes[known]):
        here = known & (classes == code)
        if here.sum() >= FEWEST_OF_CLASS:
            logs = np.log(numbers[here])
            found[here] = logs - np.median(logs)
    return found


def second_crowd(logs: Numbers, known: Mask, factor: float) -> Mask:
    """Say which numbers lie nearer to the moved middle than to the middle, beyond a valley.

    Parameters
    ----------
    logs : float64 array of shape (rows,)
        As `from_usual` returns them.

    Returns
    -------
    bool array of shape (rows,)
        All false where the two are not apart: the middle third of the way holds more than `VALLEY`
        of the smaller crowd, or that crowd is not the smaller one.
    """
    way = np.where(known, logs, 0.0) / np.log(factor)
    beyond = known & (way > 0.5) & (way < 1.6)
    between = known & (way > 1 / 3) & (way < 2 / 3)
    is_second = 0 < beyond.sum() <= known.sum() / 2 and between.sum() <= VALLEY * beyond.sum()
    return beyond if is_second else np.zeros(len(logs), dtype=np.bool_)


def may_overlap(logs: Numbers, known: Mask, factor: float) -> bool:
    """Say whether a moved copy could be there, and lie too near to be seen by its valley."""
    way = logs[known] / np.log(factor)
    return abs(np.log(factor)) < CLOSE and bool((way > 0.8).any())


def _distance(logs: Numbers, main: Mask, crowd: Mask, factor: float) -> float:
    """Return how far the moved crowd's middle is from the others', in the others' spreads."""
    middle, below, above = spread_of(logs[main])
    moved = float(np.median(logs[crowd])) - np.log(factor)
    return float(abs(moved - middle) / max((below + above) / 2, 0.02))
