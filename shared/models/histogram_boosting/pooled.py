"""Boosting on one data set: the same code as over a federation, with one who answers."""

from __future__ import annotations

from shared.models.base import Arrays
from shared.models.histogram_boosting.boosting import Boosting, GrowthAnswer, GrowthQuestion
from shared.models.histogram_boosting.cut_points import CutPoints
from shared.models.histogram_boosting.cut_search import CutSearch, count_rows
from shared.models.histogram_boosting.fixed_point import scale_bits
from shared.models.histogram_boosting.local_growth import LocalGrowth
from shared.models.histogram_boosting.objective import intercept
from shared.models.settings import BoostedTreesSettings
from shared.models.training_data import Matrix, TrainingData
from shared.models.tree_arrays import concatenate_trees


def find_cuts(features: Matrix, maximum_bins: int) -> CutPoints:
    """Return the cut points that a federation whose rows these are would find."""
    search = CutSearch(features.shape[1], maximum_bins)
    while (question := search.question()) is not None:
        search.answer(count_rows(question, features))
    return search.cuts()


def boost(
    data: TrainingData,
    settings: BoostedTreesSettings,
    groups: int,
    seed: int,
    initial: Arrays,
    cuts: CutPoints | None = None,
) -> Arrays:
    """Grow a whole model on one data set.

    Parameters
    ----------
    initial : Arrays
        The model without trees.
    cuts : CutPoints, optional
        Found from the data without them.
    """
    cuts = cuts or find_cuts(data.features, settings.maximum_bins)
    bits = scale_bits(len(data), float(data.class_weights.max()))
    growth = LocalGrowth.of(cuts, data, settings, groups=groups, bits=bits, seed=seed)
    begin = intercept(data.class_frequencies, data.class_weights)
    boosting = Boosting(settings, cuts, groups, bits, seed, begin)

    def ask(question: GrowthQuestion) -> GrowthAnswer:
        for level in question.decided:
            growth.advance(level)
        if question.step == 0:
            growth.begin(question.iteration)
        loss, weight = (0, 0) if question.step else growth.loss()
        return GrowthAnswer(growth.sums(question.wanted), loss, weight)

    grown = list(boosting.iterations(ask))
    return concatenate_trees([initial, *grown[: len(grown) - boosting.surplus]])
