"""Cells that hold something where there is no value, and what it may mean.

A word (``not done``), a number that stands for missing (-9, 999), a 0 that nobody alive has, and
an empty cell where people write down only what is abnormal.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from client.data_quality.finding import Finding, Term
from client.data_quality.hospital_rows import HospitalRows, Mask, Numbers, remembered
from client.data_quality.vocabulary import null_meanings, plain
from client.sources.codes import normalise_code
from client.sources.numbers import parse_numbers
from shared.analytes import analytes
from shared.contract import (
    CategoricalFeature,
    Feature,
    FlagFeature,
    NumericFeature,
    TermsFeature,
    TextFeature,
)

# Numbers that people write for "missing", where no value can be.
SENTINELS = (-1, -7, -8, -9, -77, -88, -99, -999, -9999, 9, 77, 88, 99, 777, 888, 999, 9999, 99999)
FEWEST = 3
# How far from all others, in interquartile ranges, a number stands that means something else.
GAP = 2.0
# Where all others are at least this share of their median, a few 0 are none of them.
FAR_FROM_ZERO = 0.4
MOSTLY = 0.98
EMPTY_SHARE = 0.3


def meaning_of(rows: HospitalRows, feature: str, meaning: str) -> Mask:
    """Say which cells of a feature hold a word with a meaning; see `null_meanings`."""
    if isinstance(rows.contract.recorded[feature], TextFeature):
        return np.zeros(len(rows), dtype=np.bool_)
    known = null_meanings()
    positions, unique = pd.factorize(rows.local_codes(feature))
    allowed = mapped_codes(rows, feature)
    hits = [code not in allowed and known.get(plain(str(code))) == meaning for code in unique]
    # Missing cells have position -1, which picks the last entry.
    return np.array([*hits, False], dtype=np.bool_)[positions]


def mapped_codes(rows: HospitalRows, feature: str) -> frozenset[str]:
    """Return the local codes that the mapping or the contract gives a meaning."""
    settings, kind = rows.columns[feature], rows.contract.recorded[feature]
    codes = set(settings.codes or {})
    if isinstance(kind, CategoricalFeature):
        codes |= {normalise_code(each.code) for each in kind.codes}
    elif isinstance(kind, FlagFeature):
        codes |= set(settings.true or ["1"]) | set(settings.false or ["0"])
    return frozenset(codes)


@remembered
def any_null_word(rows: HospitalRows, feature: str) -> Mask:
    """Say which cells hold a word for nothing, whatever it means."""
    meanings = ("not_measured", "normal", "unknown", "lost")
    found = [meaning_of(rows, feature, each) for each in meanings]
    return np.asarray(np.logical_or.reduce(found), dtype=np.bool_)


def null_words(rows: HospitalRows) -> Iterable[Finding]:
    """Find words that stand for nothing, and that the mapping does not list."""
    for feature, _ in rows.mapped():
        for meaning in ("not_measured", "normal", "unknown", "lost"):
            found = meaning_of(rows, feature.name, meaning)
            if found.any():
                yield rows.finding(
                    "null_word", "attention", found, feature.name, meaning=Term(meaning)
                )


@remembered
def raw_numbers(rows: HospitalRows, feature: str) -> Numbers:
    """Return the numbers of a column as they are written, NaN where none is."""
    cells, missing = rows.cells_of(feature), rows.declared_missing(feature)
    return parse_numbers(cells, missing, rows.mapping.decimal)[0]


@remembered
def sentinel_masks(rows: HospitalRows, name: str) -> dict[float, Mask]:
    """Return, for each number that stands for missing in a feature's column, where it stands."""
    feature = rows.contract.recorded[name]
    if isinstance(feature, TextFeature | TermsFeature):
        return {}
    if not isinstance(feature, NumericFeature):
        return _coded_sentinels(rows, feature.name)
    numbers, converted = raw_numbers(rows, feature.name), rows.numbers[feature.name]
    candidates = np.isin(numbers, SENTINELS)
    others = numbers[np.isfinite(numbers) & ~candidates]
    if len(others) < 2 * FEWEST or not candidates.any():
        return {}
    outside = (converted < feature.minimum) | (converted > feature.maximum)
    found = {}
    for value in np.unique(numbers[candidates]).tolist():
        here = numbers == value
        if here.sum() >= FEWEST and (_stands_apart(value, others) or outside[here].all()):
            found[value] = here
    return found


def _stands_apart(value: float, others: Numbers) -> bool:
    low, high = np.quantile(others, [0.25, 0.75])
    gap = GAP * max(high - low, 1e-9)
    return bool(value < others.min() - gap or value > others.max() + gap)


def _coded_sentinels(rows: HospitalRows, feature: str) -> dict[float, Mask]:
    local, allowed = rows.local_codes(feature), mapped_codes(rows, feature)
    codes = {float(value): str(value) for value in SENTINELS if str(value) not in allowed}
    masks = {value: local == code for value, code in codes.items()}
    return {value: mask for value, mask in masks.items() if mask.sum() >= FEWEST}


def sentinels(rows: HospitalRows) -> Iterable[Finding]:
    """Find numbers that stand for missing, such as -9 and 999."""
    for feature, _ in rows.mapped():
        for value, found in sentinel_masks(rows, feature.name).items():
            yield rows.finding("sentinel", "act_now", found, feature.name, code=f"{value:g}")


@remembered
def zero_mask(rows: HospitalRows, name: str) -> Mask:
    """Say which numbers are a 0 that can be no measurement; none where there are too few."""
    feature = rows.contract.recorded[name]
    if not isinstance(feature, NumericFeature):
        return np.zeros(len(rows), dtype=np.bool_)
    numbers, converted = raw_numbers(rows, feature.name), rows.numbers[feature.name]
    zeros = numbers == 0
    others = converted[np.isfinite(converted) & ~zeros]
    nothing = np.zeros(len(rows), dtype=np.bool_)
    if zeros.sum() < FEWEST:
        return nothing
    if (converted[zeros] < feature.minimum).all():
        return np.asarray(zeros, dtype=np.bool_)
    # What is counted or graded may well be 0.
    is_rare = zeros.sum() < len(others) and len(others) >= 2 * FEWEST
    if not is_rare or feature.unit == "1" or others.min() <= 0:
        return nothing
    far = np.quantile(others, 0.01) > FAR_FROM_ZERO * np.median(others)
    return np.asarray(zeros, dtype=np.bool_) if far else nothing


def zeros_as_missing(rows: HospitalRows) -> Iterable[Finding]:
    """Find columns where 0 stands for missing."""
    for feature, _ in rows.mapped():
        if isinstance(feature, NumericFeature):
            found = zero_mask(rows, feature.name)
            if found.any():
                yield rows.finding("zero_as_missing", "act_now", found, feature.name)


def empty_means_other(rows: HospitalRows) -> Iterable[Finding]:
    """Find columns where people wrote down one answer only: empty may be the other."""
    for feature, _ in rows.mapped():
        absent = rows.absent(feature.name)
        recorded = int((~absent).sum())
        if absent.mean() < EMPTY_SHARE or recorded < 2 * FEWEST or absent.all():
            continue
        if _one_sided(rows, feature):
            yield rows.finding("empty_means_other", "attention", absent, feature.name)


def _one_sided(rows: HospitalRows, feature: Feature) -> bool:
    """Say whether what is recorded is nearly always the same, or never usual."""
    values = rows.table[feature.name].dropna()
    if isinstance(feature, FlagFeature | CategoricalFeature) and len(values):
        return bool(values.value_counts(normalize=True).iloc[0] >= MOSTLY)
    if isinstance(feature, NumericFeature) and feature.analyte and len(values):
        return _never_usual(values.to_numpy(dtype=np.float64), feature)
    return False


def _never_usual(values: Numbers, feature: NumericFeature) -> bool:
    from client.sources.units import conversion

    usual = analytes()[feature.analyte or ""].usual
    convert = None if usual is None else conversion(usual.unit, feature.unit, feature.analyte)
    if usual is None or convert is None:
        return False
    low, high = convert(np.array([usual.low, usual.high]))
    return bool(((values < low) | (values > high)).mean() >= MOSTLY)
