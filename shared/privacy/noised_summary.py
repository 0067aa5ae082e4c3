"""From noised counts to a summary that hangs together; whatever is done here costs no privacy."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from shared.contract import Contract, Feature, NumericFeature, TermsFeature
from shared.privacy.consistency import spread
from shared.privacy.settings import PrivacySettings
from shared.privacy.summary_vector import cells_of, vector_of
from shared.statistics.summarise import grid_centre
from shared.statistics.summary import CountedSummary, FeatureSummary, NumericSummary, Summary

Floats = npt.NDArray[np.float64]
# A term that nobody has is noise alone; of 19,000 few are above this many deviations.
TERM_DEVIATIONS = 3.5
# So is a value that is missing nowhere.
MISSING_DEVIATIONS = 2.5


def noised_summary(
    contract: Contract, settings: PrivacySettings, values: Floats, deviation: float
) -> Summary:
    """Return the nearest summary that patients could have.

    Parameters
    ----------
    values : array of shape (vector_of(contract, settings).size,)
        Summed over hospitals.
    deviation : float
        Standard deviation of the noise in each.
    """
    parts = vector_of(contract, settings).split(values)
    labels = np.maximum(np.rint(parts.pop("")), 0).astype(int)
    rows = int(labels.sum())
    features = {
        name: noised_feature(feature, parts[name], rows, deviation, settings)
        if name in parts
        else nothing_known(feature, rows, settings)
        for name, feature in contract.features.items()
    }
    return Summary(
        contract_hash=contract.hash,
        rows=rows,
        classes=dict(zip(contract.classes, labels.tolist(), strict=True)),
        features=features,
    )


def noised_feature(
    feature: Feature, cells: Floats, rows: int, deviation: float, settings: PrivacySettings
) -> FeatureSummary:
    """Return one feature's summary over so many rows."""
    if isinstance(feature, TermsFeature):
        return noised_terms(feature, cells, rows, deviation, settings)
    told = cells.copy()
    if told[-1] < MISSING_DEVIATIONS * deviation:
        told[-1] = 0
    whole = spread(told, rows)
    present, missing = int(whole[:-1].sum()), int(whole[-1])
    if isinstance(feature, NumericFeature):
        return numeric(feature, whole[:-1], missing)
    names = cells_of(feature, settings)[:-1]
    counts = {} if feature.kind == "text" else dict(zip(names, whole[:-1].tolist(), strict=True))
    return CountedSummary(kind=feature.kind, present=present, missing=missing, counts=counts)


def noised_terms(
    feature: TermsFeature,
    cells: Floats,
    rows: int,
    deviation: float,
    settings: PrivacySettings,
) -> CountedSummary:
    """Keep the terms that noise alone would not show."""
    seen = np.flatnonzero(cells[:-1] > TERM_DEVIATIONS * deviation)
    names = cells_of(feature, settings)
    counts = {names[index]: int(np.clip(np.rint(cells[index]), 1, rows)) for index in seen}
    missing = int(np.clip(np.rint(cells[-1]), 0, rows))
    return CountedSummary(kind="terms", present=rows - missing, missing=missing, counts=counts)


def numeric(feature: NumericFeature, bins: npt.NDArray[np.int64], missing: int) -> NumericSummary:
    """Return sums and the contract's histogram from a few bins, each at its middle."""
    count = len(bins)
    width = (feature.maximum - feature.minimum) / count
    middles = feature.minimum + (np.arange(count) + 0.5) * width - grid_centre(feature)
    fine = np.zeros(feature.bins, dtype=np.int64)
    np.add.at(fine, (np.arange(count) * 2 + 1) * feature.bins // (2 * count), bins)
    return NumericSummary(
        present=int(bins.sum()),
        missing=missing,
        total=float(bins @ middles),
        # A bin's own spread is that of a uniform one.
        total_of_squares=float(bins @ (middles**2 + width**2 / 12)),
        histogram=fine.tolist(),
    )


def nothing_known(feature: Feature, rows: int, settings: PrivacySettings) -> FeatureSummary:
    """Return what the contract alone says: evenly spread, and sometimes missing."""
    if isinstance(feature, TermsFeature):
        return CountedSummary(kind="terms", present=0, missing=rows, counts={})
    cells = np.ones(len(cells_of(feature, settings)))
    if isinstance(feature, NumericFeature):
        # Values gather around the middle of a plausible range.
        count = len(cells) - 1
        cells[:-1] = np.exp(-0.5 * ((np.arange(count) + 0.5 - count / 2) / (count / 6)) ** 2)
        cells[-1] = cells[:-1].sum() / count
    return noised_feature(feature, cells, max(rows, 10 * len(cells)), 0.0, settings)
