"""A summary without cells of few rows."""

from __future__ import annotations

import numpy as np

from client.small_cells.cells import floored, floored_cells, grouped
from shared.contract import Contract, Feature, NumericFeature
from shared.errors import PrivacyRefusedError
from shared.questions import SummaryAnswer
from shared.statistics.summarise import grid_centre
from shared.statistics.summary import CountedSummary, FeatureSummary, NumericSummary, Summary


def told_summary(contract: Contract, answer: SummaryAnswer, smallest: int) -> SummaryAnswer:
    """Return a summary whose every count is a multiple of the smallest cell.

    Means and deviations are those of the histograms that are told: a sum of exact values would say
    how many of them there are.

    Raises
    ------
    PrivacyRefusedError
        When there are fewer rows to learn from.
    """
    if answer.training_rows < smallest:
        raise PrivacyRefusedError(
            "smallest_cell: this hospital has too few patients to tell anything of them.",
            "Its administrator may lower smallest_cell in policy.toml.",
        )
    rows = floored(answer.summary.rows, smallest)
    features = {
        name: told_feature(contract.features[name], each, rows, smallest)
        for name, each in answer.summary.features.items()
    }
    return answer.model_copy(
        update={
            "training_rows": floored(answer.training_rows, smallest),
            "held_out_rows": floored(answer.held_out_rows, smallest),
            "rows_set_aside": floored(answer.rows_set_aside, smallest),
            "summary": Summary(
                contract_hash=answer.summary.contract_hash,
                rows=rows,
                classes=floored_cells(answer.summary.classes, smallest),
                features=features,
            ),
        }
    )


def told_feature(
    feature: Feature, summary: FeatureSummary, rows: int, smallest: int
) -> FeatureSummary:
    """Return the summary of one feature over so many told rows; what is not told is missing."""
    present = floored(summary.present, smallest)
    if isinstance(feature, NumericFeature) and isinstance(summary, NumericSummary):
        histogram = grouped(np.array(summary.histogram), present // smallest, smallest)
        width = (feature.maximum - feature.minimum) / feature.bins
        middles = feature.minimum + (np.arange(feature.bins) + 0.5) * width - grid_centre(feature)
        return NumericSummary(
            present=present,
            missing=rows - present,
            total=float(histogram @ middles),
            # A bin's own spread is that of a uniform one.
            total_of_squares=float(histogram @ (middles**2 + width**2 / 12)),
            histogram=histogram.tolist(),
        )
    if not isinstance(summary, CountedSummary):
        raise TypeError(summary.kind)
    return CountedSummary(
        kind=summary.kind,
        present=present,
        missing=rows - present,
        counts=floored_cells(summary.counts, smallest),
    )
