"""The unit of a column of numbers: from its name, a column of units, and what is plausible."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from client.mapping_assistant.column_profile import Profile
from client.mapping_assistant.guess import Guess, percent
from client.mapping_assistant.names import name_score
from client.mapping_assistant.unit_names import SPELLED, split_unit
from client.mapping_assistant.words import words
from client.sources.units import Conversion, conversion
from shared.analytes import Analyte, analytes, same_amount
from shared.contract import NumericFeature

# Shares of the numbers inside the contract's plausible range.
FITS = 0.9
SLACK = 0.02
# Units of which the medians lie so far apart are told apart by what is usual.
FACTOR_APART = 3.0
# Believed only where the column's name says them.
SELDOM = {"cm[H2O]", "wk", "d", "nkat/L", "m[iU]/L", "u[iU]/mL", "%", "mmol/mol"}
NAMED, USUAL, ONLY_ONE, ASSUMED = 0.95, 0.8, 0.85, 0.65


@dataclass(frozen=True)
class _Fit:
    """How plausible a column is in one unit.

    Attributes
    ----------
    unit : str
    markers : list of str
        Numbers that stand for "not recorded": usual for it, and implausible in this unit.
    share : float
        Share of the other numbers that are plausible.
    median : float
        Of the other numbers, in the contract's unit.
    from_usual : float
        By which factor, as a logarithm, the median lies outside of what is usual.
    """

    unit: str
    markers: list[str]
    share: float
    median: float
    from_usual: float


def analyte_of(feature: NumericFeature) -> Analyte | None:
    """Return what a feature measures, as the contract says or as it is called."""
    return analytes().get(feature.analyte or feature.name)


def measured_by(column: Profile, feature: NumericFeature) -> str | None:
    """Return what a column measures, where its name says another mass of the same molecules."""
    if feature.analyte is None:
        return None
    scores = {
        name: name_score(column.name, [name, each.name, *each.synonyms])
        for name, each in analytes().items()
        if same_amount(name, feature.analyte)
    }
    best = max(scores, key=lambda name: (scores[name], name == feature.analyte))
    return None if best == feature.analyte else best


def guess_unit(column: Profile, feature: NumericFeature) -> Guess:
    """Return the likeliest unit of a column, were it to hold a feature.

    Returns
    -------
    Guess
        With ``unit``, ``analyte`` and ``missing``: numbers that stand for "not recorded" and cannot
        be values.
        Confidence 0 where the column's numbers are plausible in no unit.
    """
    _, named = split_unit(column.name)
    if not len(column.numbers):
        return Guess(0.0)
    fits = [_fit(column, unit, feature) for unit in _candidates(feature, named)]
    plausible = sorted((each for each in fits if each and each.share >= FITS), key=_rank)
    found = _chosen(plausible, feature, named)
    if not found.confidence:
        return _nothing_recorded(column, feature)
    markers = next(fit.markers for fit in plausible if fit.unit == found.keys["unit"])
    if markers:
        found.keys["missing"] = markers
        found.seen["missing"] = "cannot be values"
    measured = measured_by(column, feature)
    if measured is not None:
        found.keys["analyte"] = measured
        found.seen["analyte"] = "in the column's name"
    return found


def _nothing_recorded(column: Profile, feature: NumericFeature) -> Guess:
    """Return the guess for a column whose every number stands for "not recorded"."""
    markers = _markers(column, feature.unit, feature)
    if set(markers) != set(column.counts):
        return Guess(0.0)
    keys = {"unit": feature.unit, "missing": markers}
    doubt = "every number seen stands for not recorded, so the unit is the contract's"
    return Guess(ASSUMED, keys, {"missing": "cannot be values"}, [doubt])


def _candidates(feature: NumericFeature, named: str | None) -> list[str]:
    """Return the units worth a look: the contract's first, then that of the column's name."""
    usual = [] if feature.unit == "1" else [unit for unit in SPELLED if unit not in SELDOM]
    known = [feature.unit, *([named] if named else []), *usual]
    return list(dict.fromkeys(known))


def _fit(column: Profile, unit: str, feature: NumericFeature) -> _Fit | None:
    convert = _conversion(column, unit, feature)
    if convert is None:
        return None
    markers = _markers(column, unit, feature)
    numbers = column.numbers[~np.isin(column.numbers, [float(each) for each in markers])]
    if not len(numbers):
        return None
    values = convert(numbers)
    inside = (values >= feature.minimum) & (values <= feature.maximum)
    median = float(np.median(values))
    return _Fit(unit, markers, float(inside.mean()), median, _from_usual(median, feature))


def _conversion(column: Profile, unit: str, feature: NumericFeature) -> Conversion | None:
    return conversion(unit, feature.unit, feature.analyte, measured_by(column, feature))


def _markers(column: Profile, unit: str, feature: NumericFeature) -> list[str]:
    """Return the numbers that are usual for "not recorded", and implausible in a unit."""
    candidates = [code for code in words().missing_numbers if code in column.counts]
    convert = _conversion(column, unit, feature)
    if convert is None or not candidates:
        return []
    values = convert(np.array([float(code) for code in candidates]))
    outside = (values < feature.minimum) | (values > feature.maximum)
    found = [code for code, out in zip(candidates, outside, strict=True) if out]
    return sorted(found, key=float)


def _from_usual(median: float, feature: NumericFeature) -> float:
    """Return by which factor, as a logarithm, a median lies outside of what is usual."""
    analyte = analyte_of(feature)
    if analyte is None or analyte.usual is None or median <= 0:
        return 0.0
    convert = conversion(analyte.usual.unit, feature.unit, feature.analyte)
    if convert is None:
        return 0.0
    low, high = convert(np.array([analyte.usual.low, analyte.usual.high]))
    return float(max(np.log(low / median), np.log(median / high), 0.0))


def _rank(fit: _Fit) -> tuple[float, float]:
    return (round(fit.from_usual, 6), -fit.share)


def _chosen(plausible: list[_Fit], feature: NumericFeature, named: str | None) -> Guess:
    if not plausible:
        return Guess(0.0)
    by_unit = {fit.unit: fit for fit in plausible}
    if named in by_unit:
        share = percent(by_unit[named].share)
        return _guess(NAMED, named, f"in the column's name; {share} plausible")
    own = by_unit.get(feature.unit)
    others = [fit for fit in plausible if _differs(fit, own or plausible[0])]
    if own is None:
        best = plausible[0]
        rest = [fit for fit in plausible[1:] if _differs(fit, best)]
        doubt = _alternatives(rest)
        confidence = USUAL if not rest or _clearly(best, rest) else ASSUMED
        seen = f"{percent(best.share)} plausible, not in {feature.unit}"
        return _guess(confidence, best.unit, seen, doubt)
    if not others or all(fit.share < own.share - SLACK for fit in others):
        confidence = ONLY_ONE if not others else USUAL
        return _guess(confidence, own.unit, f"{percent(own.share)} plausible, less in other units")
    if analyte_of(feature) is None:
        seen = f"{percent(own.share)} plausible, but in other units too"
        return _guess(ASSUMED, own.unit, seen, _alternatives(others))
    best = plausible[0]
    if not _differs(best, own):
        best = own
    rest = [fit for fit in plausible if _differs(fit, best)]
    confidence = USUAL if _clearly(best, rest) else ASSUMED
    return _guess(confidence, best.unit, "the size of the numbers is usual", _alternatives(rest))


def _differs(fit: _Fit, other: _Fit) -> bool:
    """Return whether two units give other numbers."""
    return not np.isclose(fit.median, other.median, rtol=1e-6)


def _clearly(best: _Fit, rest: list[_Fit]) -> bool:
    return all(fit.from_usual - best.from_usual >= np.log(FACTOR_APART) for fit in rest)


def _alternatives(fits: list[_Fit]) -> list[str]:
    units = ", ".join(dict.fromkeys(fit.unit for fit in fits))
    return [f"the unit could also be {units}"] if units else []


def _guess(confidence: float, unit: str, seen: str, doubts: list[str] | None = None) -> Guess:
    return Guess(confidence, {"unit": unit}, {"unit": seen}, doubts or [])
