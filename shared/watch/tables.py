"""What of windows is compared with what came before, and in which cells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

from shared.contract import CategoricalFeature, Contract, Feature, NumericFeature
from shared.drift.compared import REST, Floats
from shared.drift.of_summaries import LEAST_SHARE, MOST_TERMS, TERM_SHARES, equal_cells
from shared.drift.stratified import Stratified, Stratum
from shared.statistics import Summary, merge_summaries
from shared.statistics.summary import CountedSummary, NumericSummary

Part = Literal["values", "missing", "term", "classes", "scores"]
# A cell of fewer multiples of the smallest cell is told too roughly to be compared.
_LEAST_MULTIPLES = 2


@dataclass(frozen=True)
class Side:
    """A window and what it is held against, at one hospital.

    Attributes
    ----------
    reference, window : Summary
    told_in : int
        Counts are multiples of it.
    """

    reference: Summary
    window: Summary
    told_in: int = 1


@dataclass(frozen=True)
class ClassCounts:
    """Diagnoses of a window and of before, at one hospital; see `Side`."""

    reference: Mapping[str, int]
    window: Mapping[str, int]
    told_in: int = 1


@dataclass(frozen=True)
class Table:
    """One thing that is compared.

    Attributes
    ----------
    feature : str
        Of the contract; empty for classes and scores.
    part : str
    code : str
        The term of a set of terms.
    counts : Stratified
    """

    feature: str
    part: Part
    code: str
    counts: Stratified


def feature_tables(contract: Contract, sides: Sequence[Side]) -> Iterator[Table]:
    """Yield what is compared of each feature, in cells that are the same at all hospitals.

    Which cells these are depends on the references alone, so that no window chooses its own test.
    """
    shape = merge_summaries([each.reference for each in sides])
    for name, feature in contract.features.items():
        yield Table(name, "missing", "", _missing(name, sides))
        if isinstance(feature, NumericFeature):
            yield Table(name, "values", "", _numbers(feature, shape, sides))
        elif feature.kind == "terms":
            yield from _terms(name, shape, sides)
        elif feature.kind != "text":
            found = _codes(feature, shape, sides)
            if found is not None:
                yield Table(name, "values", "", found)


def class_table(contract: Contract, sides: Sequence[ClassCounts]) -> Table | None:
    """Return the diagnoses of windows beside those of before; None where all have the same one."""
    leaves = contract.leaves

    def counts(classes: Mapping[str, int]) -> dict[str, int]:
        return {leaf: classes.get(leaf, 0) for leaf in leaves}

    pairs = [(counts(each.reference), counts(each.window)) for each in sides]
    shape = {leaf: sum(first[leaf] for first, _ in pairs) for leaf in leaves}
    before, after = ([sum(each[place].values()) for each in pairs] for place in (0, 1))
    found = _counted(shape, pairs, before, after, sides)
    return None if found is None else Table("", "classes", "", found)


def score_table(pairs: Sequence[tuple[Sequence[int], Sequence[int], int]]) -> Table:
    """Return how sure answers are beside how sure they were: histograms, and multiples of them."""
    size = len(pairs[0][0])
    strata = tuple(
        _stratum(np.array(first, np.float64), np.array(last, np.float64), multiple)
        for first, last, multiple in pairs
    )
    cells = tuple(f"{place / size:g}..{(place + 1) / size:g}" for place in range(size))
    return Table("", "scores", "", Stratified(cells, strata, is_line=True))


def _missing(name: str, sides: Sequence[Side]) -> Stratified:
    def counts(summary: Summary) -> Floats:
        feature = summary.features[name]
        return np.array([feature.present, feature.missing], dtype=np.float64)

    return Stratified(
        ("present", "missing"),
        tuple(_of_side(each, counts(each.reference), counts(each.window)) for each in sides),
    )


def _numbers(feature: NumericFeature, shape: Summary, sides: Sequence[Side]) -> Stratified:
    edges = np.linspace(feature.minimum, feature.maximum, feature.bins + 1)

    def histogram(summary: Summary) -> Floats:
        found = summary.features[feature.name]
        assert isinstance(found, NumericSummary)  # noqa: S101 - checked against the contract
        return np.array(found.histogram, dtype=np.float64)

    starts = equal_cells(histogram(shape))
    borders = np.append(edges[starts], edges[-1])
    return Stratified(
        tuple(f"{low:.4g}..{high:.4g}" for low, high in pairwise(borders)),
        tuple(
            _of_side(
                each,
                np.add.reduceat(histogram(each.reference), starts),
                np.add.reduceat(histogram(each.window), starts),
            )
            for each in sides
        ),
        is_line=True,
    )


def _codes(feature: Feature, shape: Summary, sides: Sequence[Side]) -> Stratified | None:
    codes = (
        [each.code for each in feature.codes]
        if isinstance(feature, CategoricalFeature)
        else ["no", "yes"]
    )

    def counts(summary: Summary) -> dict[str, int]:
        found = summary.features[feature.name]
        assert isinstance(found, CountedSummary)  # noqa: S101 - checked against the contract
        return {code: found.counts.get(code, 0) for code in codes}

    return _counted(
        counts(shape),
        [(counts(each.reference), counts(each.window)) for each in sides],
        [each.reference.features[feature.name].present for each in sides],
        [each.window.features[feature.name].present for each in sides],
        sides,
    )


def _counted(
    shape: dict[str, int],
    counts: Sequence[tuple[dict[str, int], dict[str, int]]],
    reference_rows: Sequence[int],
    window_rows: Sequence[int],
    sides: Sequence[Side | ClassCounts],
) -> Stratified | None:
    """Return codes that the references have often enough, and one cell for the rest."""
    total = sum(shape.values())
    least = LEAST_SHARE * total
    multiple = max(each.told_in for each in sides)
    if multiple > 1 and (rows := sum(window_rows)):
        least = max(least, _LEAST_MULTIPLES * multiple * len(sides) * total / rows)
    kept = [code for code, count in shape.items() if count >= max(least, 1)]
    rest = [code for code in shape if code not in kept]
    cells = (*kept, REST) if rest else tuple(kept)
    if len(cells) < 2 or not kept:
        return None

    def row(found: dict[str, int], rows: int) -> Floats:
        values = [found[code] for code in cells[:-1]]
        return np.array([*values, max(rows - sum(values), 0)], dtype=np.float64)

    return Stratified(
        cells,
        tuple(
            _of_side(side, row(first, before), row(last, after))
            for side, (first, last), before, after in zip(
                sides, counts, reference_rows, window_rows, strict=True
            )
        ),
    )


def _terms(name: str, shape: Summary, sides: Sequence[Side]) -> Iterator[Table]:
    found = shape.features[name]
    assert isinstance(found, CountedSummary)  # noqa: S101 - checked against the contract
    least, most = (share * shape.rows for share in TERM_SHARES)
    rows = sum(each.window.rows for each in sides)
    multiple = max(each.told_in for each in sides)
    if multiple > 1 and rows:
        least = max(least, _LEAST_MULTIPLES * multiple * len(sides) * shape.rows / rows)
    often = [code for code, count in found.counts.items() if least <= count <= most]

    def pair(summary: Summary, code: str) -> Floats:
        feature = summary.features[name]
        assert isinstance(feature, CountedSummary)  # noqa: S101 - as above
        count = feature.counts.get(code, 0)
        return np.array([count, max(summary.rows - count, 0)], dtype=np.float64)

    for code in sorted(often, key=lambda each: -found.counts[each])[:MOST_TERMS]:
        strata = tuple(
            _of_side(each, pair(each.reference, code), pair(each.window, code)) for each in sides
        )
        yield Table(name, "term", code, Stratified(("with", "without"), strata))


def _of_side(side: Side | ClassCounts, reference: Floats, window: Floats) -> Stratum:
    return _stratum(reference, window, side.told_in)


def _stratum(reference: Floats, window: Floats, told_in: int) -> Stratum:
    nothing = np.zeros(len(reference))
    return Stratum(reference, window, nothing, nothing, told_in)
