"""From the merged summary to the preprocessor: runs at the coordinator, sees no record.

The result equals what scikit-learn fits on the pooled rows: `StandardScaler` and `SimpleImputer`
(mean) exactly, the median within half a bin of the contract's grid, `OneHotEncoder` with
`min_frequency`, and `MultiLabelBinarizer` over terms with their ancestors.
"""

from __future__ import annotations

import math

import numpy as np

from shared.contract import (
    CategoricalFeature,
    Contract,
    Feature,
    FlagFeature,
    NumericFeature,
    TermsFeature,
)
from shared.preprocessing.preprocessor import Preprocessor
from shared.preprocessing.sentence_embedding import check_encoder
from shared.preprocessing.settings import PreprocessingSettings
from shared.preprocessing.steps import (
    CategoricalStep,
    FlagStep,
    NumericStep,
    SentenceStep,
    Step,
    TermsStep,
    TextStep,
)
from shared.statistics.summarise import grid_centre
from shared.statistics.summary import CountedSummary, FeatureSummary, NumericSummary, Summary


def fit_preprocessor(
    contract: Contract, summary: Summary, settings: PreprocessingSettings
) -> Preprocessor:
    """Build the preprocessor that the pooled rows would give."""
    embedding = settings.model_copy(update={"sentence_embedding": True})
    embedded = contract.derivation.embedded
    steps = [
        step
        for name, feature in contract.features.items()
        for step in fit_feature(
            feature, summary.features[name], embedding if name in embedded else settings
        )
    ]
    return Preprocessor(contract_hash=contract.hash, steps=steps)


def fit_feature(
    feature: Feature, summary: FeatureSummary, settings: PreprocessingSettings
) -> list[Step]:
    """Fit the step of one feature; none where no hospital has any value."""
    if summary.present == 0:
        return []
    if isinstance(summary, NumericSummary):
        assert isinstance(feature, NumericFeature)  # noqa: S101 - Summary.check has seen to it
        return [fit_number(feature, summary, settings)]
    if isinstance(feature, FlagFeature):
        fill = summary.counts.get("yes", 0) / summary.present
        return [FlagStep(feature=feature.name, fill=fill, indicator=summary.missing > 0)]
    if isinstance(feature, CategoricalFeature):
        return [fit_category(feature, summary, settings)]
    if isinstance(feature, TermsFeature):
        # What was looked for in vain is a habit of whoever looked: no model sees it.
        return [] if feature.is_absent else [fit_terms(feature, summary, settings)]
    return fit_text(feature, settings)


def fit_text(feature: Feature, settings: PreprocessingSettings) -> list[Step]:
    """Take what the run asks for of a note; nothing about it comes from the data."""
    steps: list[Step] = []
    if settings.text_columns:
        steps.append(TextStep(feature=feature.name, columns=settings.text_columns))
    if settings.sentence_embedding:
        check_encoder()
        steps.append(SentenceStep(feature=feature.name))
    return steps


def fit_number(
    feature: NumericFeature, summary: NumericSummary, settings: PreprocessingSettings
) -> NumericStep:
    """Fit centre and scale from sums, the fill from sums or the histogram."""
    mean, deviation = mean_and_deviation(feature, summary)
    fill = mean if settings.imputation == "mean" else histogram_median(feature, summary.histogram)
    return NumericStep(
        feature=feature.name,
        mean=mean,
        scale=deviation or 1.0,
        fill=fill,
        indicator=summary.missing > 0,
    )


def mean_and_deviation(feature: NumericFeature, summary: NumericSummary) -> tuple[float, float]:
    """Return mean and population standard deviation, in the contract's unit."""
    centred_mean = summary.total / summary.present
    variance = summary.total_of_squares / summary.present - centred_mean**2
    # What remains of a constant column after cancellation is rounding, not spread.
    if variance <= 1e-12 * max(1.0, summary.total_of_squares / summary.present):
        variance = 0.0
    return grid_centre(feature) + centred_mean, math.sqrt(variance)


def histogram_median(feature: NumericFeature, histogram: list[int]) -> float:
    """Return the middle of the bin that holds the median: at most half a bin from it."""
    counts = np.array(histogram)
    position = int(np.searchsorted(np.cumsum(counts), counts.sum() / 2))
    width = (feature.maximum - feature.minimum) / feature.bins
    return feature.minimum + (position + 0.5) * width


def fit_category(
    feature: CategoricalFeature, summary: CountedSummary, settings: PreprocessingSettings
) -> CategoricalStep:
    """Give a column to each frequent code and one to the others together."""
    codes = [value.code for value in feature.codes]
    rare = [code for code in codes if summary.counts.get(code, 0) < settings.minimum_category_rows]
    levels = [code for code in codes if code not in rare]
    # With no frequent code, the shared column is the first, and is left out.
    without_other = settings.drop_first_level and not levels
    return CategoricalStep(
        feature=feature.name,
        levels=levels[settings.drop_first_level :],
        other=[] if without_other else rare,
        indicator=summary.missing > 0,
    )


def fit_terms(
    feature: TermsFeature, summary: CountedSummary, settings: PreprocessingSettings
) -> TermsStep:
    """Give a column to each term that enough rows show."""
    vocabulary = [
        term for term, count in summary.counts.items() if count >= settings.minimum_term_rows
    ]
    return TermsStep(
        feature=feature.name, code_system=feature.code_system, vocabulary=sorted(vocabulary)
    )
