"""A hospital's summary as one vector of counts, to which every patient adds few ones.

Coarser than a summary without privacy: numbers are counted in a few bins, and their means and
deviations follow from those, so that one noise covers all.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from shared.contract import (
    CategoricalFeature,
    Contract,
    Feature,
    FlagFeature,
    NumericFeature,
    TermsFeature,
)
from shared.errors import SettingsError
from shared.ontology import terminology
from shared.privacy.fixed_sums import FixedSum, Integers, counted
from shared.privacy.settings import PrivacySettings
from shared.records import Records

BINS = 16
MISSING = ""


@dataclass(frozen=True)
class SummaryVector:
    """What each position counts.

    Attributes
    ----------
    parts : dict of str to list of str
        By feature: its cells. The first part, named by the empty text, is the diagnoses.
    sensitivity : float
        Each patient adds one to one cell of every part, and for sets of terms to as many as count.
    """

    parts: dict[str, list[str]]
    sensitivity: float

    @property
    def size(self) -> int:
        """Numbers in the vector."""
        return sum(map(len, self.parts.values()))

    def split(self, values: npt.NDArray[np.float64]) -> dict[str, npt.NDArray[np.float64]]:
        """Return the cells of each part."""
        ends = np.cumsum([len(cells) for cells in self.parts.values()])
        return dict(zip(self.parts, np.split(values, ends[:-1]), strict=True))


def vector_of(contract: Contract, settings: PrivacySettings) -> SummaryVector:
    """Return what a run's summary counts.

    Raises
    ------
    SettingsError
        When a feature's codes are no list that could be counted.
    """
    parts: dict[str, list[str]] = {"": list(contract.classes)}
    most = 1
    if settings.summary == "features":
        for name, feature in contract.features.items():
            parts[name] = cells_of(feature, settings)
            most += settings.largest_set if isinstance(feature, TermsFeature) else 1
    return SummaryVector(parts, math.sqrt(most))


def bins_of(feature: NumericFeature, settings: PrivacySettings) -> int:
    """Return in how many bins a number is counted: few where noise would drown many."""
    return BINS if settings.is_private else feature.bins


def cells_of(feature: Feature, settings: PrivacySettings) -> list[str]:
    """Return what a patient may count as; the last cell is for what is missing."""
    if isinstance(feature, NumericFeature):
        return [*(str(index) for index in range(bins_of(feature, settings))), MISSING]
    if isinstance(feature, FlagFeature):
        return ["no", "yes", MISSING]
    if isinstance(feature, CategoricalFeature):
        return [*(value.code for value in feature.codes), MISSING]
    if isinstance(feature, TermsFeature):
        codes = terminology(feature.code_system).codes()
        if not codes:
            raise SettingsError(
                f"{feature.name}: {feature.code_system} has no list of codes to count with noise.",
                'Set privacy.summary = "classes", or leave the feature out of the task.',
            )
        return [*codes, MISSING]
    return ["present", MISSING]


def count_summary(contract: Contract, records: Records, settings: PrivacySettings) -> FixedSum:
    """Count a hospital's records, one for each person."""
    vector = vector_of(contract, settings)
    labels = pd.Series(records.labels)
    found = [count_cells(labels, vector.parts[""])]
    for name in list(vector.parts)[1:]:
        feature, column = contract.features[name], records.table[name]
        cells = vector.parts[name]
        if isinstance(feature, TermsFeature):
            found.append(count_terms(feature, column, cells, settings.largest_set))
        else:
            found.append(count_cells(as_cells(feature, column, settings), cells))
    return counted(np.concatenate(found), vector.sensitivity)


def as_cells(feature: Feature, column: pd.Series, settings: PrivacySettings) -> pd.Series:
    """Return the cell of each row."""
    if isinstance(feature, NumericFeature):
        count = bins_of(feature, settings)
        share = (column - feature.minimum) / (feature.maximum - feature.minimum)
        bins = np.clip(np.floor(share.fillna(0) * count), 0, count - 1).astype(int)
        return pd.Series(bins).astype(str).where(column.notna(), MISSING)
    if isinstance(feature, FlagFeature):
        return column.map({1.0: "yes", 0.0: "no"}).fillna(MISSING)
    if isinstance(feature, CategoricalFeature):
        return column.where(column.notna(), MISSING)
    return column.map(lambda text: "present" if text else MISSING)


def count_cells(values: pd.Series, cells: list[str]) -> Integers:
    """Count rows by cell."""
    codes = pd.Categorical(values, categories=cells).codes
    return np.bincount(codes[codes >= 0], minlength=len(cells)).astype(np.int64)


def count_terms(
    feature: TermsFeature, column: pd.Series, cells: list[str], largest: int
) -> Integers:
    """Count rows by term, no row in more than so many; which ones depends on the terms alone."""
    position = {term: index for index, term in enumerate(cells)}
    known = terminology(feature.code_system)
    counts = np.zeros(len(cells), dtype=np.int64)
    for terms in column:
        shown = terms if feature.is_absent else known.expand(terms)
        expanded = [term for term in shown if term in position]
        if len(expanded) > largest:
            expanded = sorted(expanded, key=_shuffled)[:largest]
        counts[[position[term] for term in expanded] or [position[MISSING]]] += 1
    return counts


def _shuffled(term: str) -> bytes:
    return hashlib.sha256(term.encode()).digest()
