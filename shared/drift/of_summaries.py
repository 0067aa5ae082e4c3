"""What of two summaries is compared, and in which cells."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import pairwise

import numpy as np

from shared.contract import Contract, Feature, NumericFeature
from shared.drift.compared import Compared, Floats, pooled
from shared.statistics.summary import CountedSummary, FeatureSummary, NumericSummary, Summary

# Cells that a number is compared in, each with about as many rows of the reference.
CELLS = 10
# Codes that fewer of the reference's rows have are compared together.
LEAST_SHARE = 0.01
# Terms that more or fewer rows have say nothing that a window of usual size could show.
TERM_SHARES = (0.01, 0.99)
MOST_TERMS = 200


def compare_summaries(
    contract: Contract,
    reference: Summary,
    window: Summary,
    *,
    deviation: float = 0.0,
    noised_bins: int = 0,
) -> list[Compared]:
    """Return what is compared of each feature: its values, its terms, and how often it is missing.

    Parameters
    ----------
    contract : Contract
        That both follow.
    deviation : float
        Standard deviation of the noise in each count of the reference.
    noised_bins : int
        In how many bins a noised reference counted numbers; 0 for the contract's own.

    Raises
    ------
    JuntosError
        When a summary does not follow the contract.
    """
    reference.check(contract)
    window.check(contract)
    found: list[Compared] = []
    for name, feature in contract.features.items():
        pair = reference.features[name], window.features[name]
        found.append(_missing(feature, *pair, deviation))
        found += _values(feature, *pair, deviation, noised_bins, reference.rows, window.rows)
    return found


def compare_classes(
    contract: Contract, reference: Summary, expected: Floats, deviation: float = 0.0
) -> Compared:
    """Return the diagnoses of the reference beside those that answers expect.

    Parameters
    ----------
    expected : array of shape (leaves,)
        Calibrated probabilities, summed over the window's answers. They vary less than counts of
        diagnoses do, so that chance is overstated and an alarm is rarer than the level says.
    """
    counts = np.array(reference.leaf_counts(contract), dtype=np.float64)
    noise = np.full(len(counts), deviation)
    found = Compared("", "classes", "", tuple(contract.leaves), counts, expected, noise)
    return pooled(found, LEAST_SHARE)


def _missing(
    feature: Feature, reference: FeatureSummary, window: FeatureSummary, deviation: float
) -> Compared:
    return Compared(
        feature.name,
        "missing",
        "",
        ("present", "missing"),
        np.array([reference.present, reference.missing], dtype=np.float64),
        np.array([window.present, window.missing], dtype=np.float64),
        np.array([0.0, deviation]),
    )


def _values(
    feature: Feature,
    reference: FeatureSummary,
    window: FeatureSummary,
    deviation: float,
    noised_bins: int,
    rows: int,
    window_rows: int,
) -> Iterator[Compared]:
    if (
        isinstance(feature, NumericFeature)
        and isinstance(reference, NumericSummary)
        and isinstance(window, NumericSummary)
    ):
        yield _numbers(feature, reference, window, deviation, noised_bins if deviation else 0)
    elif isinstance(reference, CountedSummary) and isinstance(window, CountedSummary):
        if feature.kind == "terms":
            yield from _terms(feature, reference, window, deviation, rows, window_rows)
        elif feature.kind != "text":
            yield _codes(feature, reference, window, deviation)


def _codes(
    feature: Feature, reference: CountedSummary, window: CountedSummary, deviation: float
) -> Compared:
    codes = sorted({*reference.counts, *window.counts})
    noise = np.full(len(codes), deviation)
    first, second = (_counts(each.counts, codes) for each in (reference, window))
    found = Compared(feature.name, "values", "", tuple(codes), first, second, noise)
    return pooled(found, LEAST_SHARE)


def _terms(
    feature: Feature,
    reference: CountedSummary,
    window: CountedSummary,
    deviation: float,
    rows: int,
    window_rows: int,
) -> Iterator[Compared]:
    """Yield each term that the reference has often enough: rows with it and without."""
    least, most = (share * rows for share in TERM_SHARES)
    often = [code for code, count in reference.counts.items() if least <= count <= most]
    for code in sorted(often, key=lambda each: -reference.counts[each])[:MOST_TERMS]:
        first, second = reference.counts[code], window.counts.get(code, 0)
        yield Compared(
            feature.name,
            "term",
            code,
            ("without", "with"),
            np.array([rows - first, first], dtype=np.float64),
            np.array([window_rows - second, second], dtype=np.float64),
            np.array([0.0, deviation]),
        )


def _numbers(
    feature: NumericFeature,
    reference: NumericSummary,
    window: NumericSummary,
    deviation: float,
    noised_bins: int,
) -> Compared:
    """Return a number in cells that hold about as many rows of the reference each."""
    edges = np.linspace(feature.minimum, feature.maximum, feature.bins + 1)
    first, second = (np.array(each.histogram, dtype=np.float64) for each in (reference, window))
    if noised_bins > feature.bins:
        # Each bin of the contract is the sum of several that carry noise.
        deviation *= math.sqrt(noised_bins / feature.bins)
    elif noised_bins:
        starts = np.ceil(np.arange(noised_bins) * feature.bins / noised_bins).astype(np.intp)
        edges = np.append(edges[starts], edges[-1])
        first, second = (np.add.reduceat(each, starts) for each in (first, second))
    starts = equal_cells(first)
    bins = np.diff(np.append(starts, len(first)))
    borders = np.append(edges[starts], edges[-1])
    return Compared(
        feature.name,
        "values",
        "",
        tuple(f"{low:.4g}..{high:.4g}" for low, high in pairwise(borders)),
        np.add.reduceat(first, starts),
        np.add.reduceat(second, starts),
        deviation * np.sqrt(bins),
    )


def equal_cells(counts: Floats) -> np.ndarray:
    """Return where cells begin that hold about a tenth of the rows each.

    What lies below and above where the reference has its rows is a cell of its own: that is where
    values go when a unit changes.
    """
    least = counts.sum() / CELLS
    starts, held = [0], 0.0
    for place, count in enumerate(counts):
        if place > starts[-1] and least > 0 and (held >= least or count >= least):
            starts.append(place)
            held = 0.0
        held += float(count)
    return np.array(starts, dtype=np.intp)


def _counts(counts: Mapping[str, int], codes: list[str]) -> Floats:
    return np.array([counts.get(code, 0) for code in codes], dtype=np.float64)
