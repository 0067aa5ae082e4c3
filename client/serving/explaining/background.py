"""Patients nobody is: drawn from what the bundle says of the training rows, feature by feature.

The merged summary holds each feature's own distribution and nothing of two features together, so
that features are drawn as if they did not depend on each other.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from shared.contract import Contract, NumericFeature
from shared.models.training_data import Matrix
from shared.preprocessing.preprocessor import Preprocessor
from shared.preprocessing.steps import CategoricalStep, FlagStep, NumericStep, Step, TermsStep
from shared.statistics.summary import CountedSummary, NumericSummary, Summary

ROWS = 1024
SEED = 0


def background(
    contract: Contract, summary: Summary, preprocessor: Preprocessor, *, keep_missing: bool
) -> Matrix:
    """Draw rows as models see them; always the same ones.

    Returns
    -------
    float32 array of shape (1024, columns)
        Notes are empty.
    """
    generator = np.random.default_rng(SEED)
    parts = [
        _drawn(step, contract, summary, generator, keep_missing=keep_missing)
        for step in preprocessor.steps
    ]
    return np.ascontiguousarray(np.hstack(parts), dtype=np.float32)


def _drawn(
    step: Step,
    contract: Contract,
    summary: Summary,
    generator: np.random.Generator,
    *,
    keep_missing: bool,
) -> npt.NDArray[np.float32]:
    of_feature, feature = summary.features[step.feature], contract.features[step.feature]
    gone = generator.random(ROWS) < of_feature.missing / max(1, summary.rows)
    if isinstance(step, TermsStep) and isinstance(of_feature, CountedSummary):
        shares = [of_feature.counts.get(term, 0) / max(1, summary.rows) for term in step.vocabulary]
        return (generator.random((ROWS, len(shares))) < shares).astype(np.float32)
    if isinstance(step, NumericStep) and isinstance(of_feature, NumericSummary):
        assert isinstance(feature, NumericFeature)  # noqa: S101 - Summary.check has seen to it
        values = drawn_numbers(feature, of_feature, generator)
        return step.transform(np.where(gone, np.nan, values), keep_missing=keep_missing)
    if isinstance(step, FlagStep):
        flags = (generator.random(ROWS) < step.fill).astype(np.float64)
        return step.transform(np.where(gone, np.nan, flags), keep_missing=keep_missing)
    if isinstance(step, CategoricalStep) and isinstance(of_feature, CountedSummary):
        codes = _drawn_codes(of_feature, generator)
        codes[gone] = None
        return step.transform(codes)
    return np.zeros((ROWS, len(step.names())), dtype=np.float32)


def drawn_numbers(
    feature: NumericFeature, summary: NumericSummary, generator: np.random.Generator
) -> npt.NDArray[np.float64]:
    """Draw from a histogram, evenly within each bin."""
    counts = np.array(summary.histogram, dtype=np.float64)
    shares = counts / counts.sum() if counts.sum() else np.full(len(counts), 1 / len(counts))
    width = (feature.maximum - feature.minimum) / feature.bins
    bins = generator.choice(len(counts), ROWS, p=shares)
    drawn: npt.NDArray[np.float64] = feature.minimum + (bins + generator.random(ROWS)) * width
    return drawn


def _drawn_codes(
    summary: CountedSummary, generator: np.random.Generator
) -> npt.NDArray[np.object_]:
    counts = {code: count for code, count in summary.counts.items() if count > 0}
    codes = np.full(ROWS, None, dtype=object)
    if counts:
        shares = np.array(list(counts.values()), dtype=np.float64)
        codes[:] = generator.choice(list(counts), ROWS, p=shares / shares.sum())
    return codes
