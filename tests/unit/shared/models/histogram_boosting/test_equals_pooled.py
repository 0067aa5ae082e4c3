"""However patients are spread over hospitals, the trees are those of the pooled rows."""

from __future__ import annotations

import numpy as np
import pytest
import xgboost
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.models.base import Arrays
from shared.models.boosted_trees import BoostedTrees
from shared.models.histogram_boosting.boosting import Boosting, GrowthAnswer, GrowthQuestion
from shared.models.histogram_boosting.cut_points import CutPoints
from shared.models.histogram_boosting.cut_search import CutSearch, count_rows
from shared.models.histogram_boosting.fixed_point import scale_bits
from shared.models.histogram_boosting.local_growth import LocalGrowth
from shared.models.histogram_boosting.objective import intercept
from shared.models.histogram_boosting.pooled import boost, find_cuts
from shared.models.row_draws import draw_validation
from shared.models.settings import BoostedTreesSettings
from shared.models.training_data import TrainingData
from shared.models.tree_arrays import concatenate_trees
from shared.models.xgboost_format import arrays_of

COLUMNS = 6


def learnable(rows: int, classes: int, seed: int, *, missing: float = 0.1) -> TrainingData:
    """Return rows whose class follows from their values, some of them missing, some coarse."""
    generator = np.random.default_rng(seed)
    features = generator.normal(size=(rows, COLUMNS)).astype(np.float32)
    features[:, 0] = np.round(features[:, 0])
    features[:, 1] = features[:, 1] > 1
    score = features[:, :2].sum(axis=1) + features[:, 2] * features[:, 3]
    labels = np.digitize(score, np.linspace(-1, 1, classes - 1))
    candidates = np.eye(classes, dtype=bool)[labels]
    coarse = generator.random(rows) < 0.1
    candidates[coarse, -2:] |= candidates[coarse, -2:].any(axis=1, keepdims=True)
    features[generator.random(features.shape) < missing] = np.nan
    counts = np.bincount(labels, minlength=classes) + 1.0
    return TrainingData(features, candidates, np.sqrt(counts.max() / counts), counts / counts.sum())


def part_of(data: TrainingData, rows: np.ndarray) -> TrainingData:
    return data.take(rows)


def federated_cuts(parts: list[TrainingData], bins: int) -> CutPoints:
    search = CutSearch(COLUMNS, bins)
    while (question := search.question()) is not None:
        answers = [count_rows(question, part.features) for part in parts]
        search.answer({name: sum(each[name] for each in answers) for name in answers[0]})
    return search.cuts()


def federated(
    parts: list[TrainingData], chosen: BoostedTreesSettings, model: BoostedTrees
) -> Arrays:
    cuts = federated_cuts(parts, chosen.maximum_bins)
    rows, weights = sum(len(part) for part in parts), parts[0].class_weights
    bits = scale_bits(rows, float(weights.max()))
    options = {"groups": model.groups, "bits": bits, "seed": model.seed}
    growths = [LocalGrowth.of(cuts, part, chosen, **options) for part in parts]  # type: ignore[arg-type]

    def ask(question: GrowthQuestion) -> GrowthAnswer:
        for growth in growths:
            for level in question.decided:
                growth.advance(level)
            if question.step == 0:
                growth.begin(question.iteration)
        losses = [growth.loss() for growth in growths]
        return GrowthAnswer(
            sum(growth.sums(question.wanted) for growth in growths),  # type: ignore[arg-type]
            sum(loss for loss, _ in losses),
            sum(weight for _, weight in losses),
        )

    begin = intercept(parts[0].class_frequencies, weights)
    boosting = Boosting(chosen, cuts, model.groups, bits, model.seed, begin)
    grown = list(boosting.iterations(ask))
    return concatenate_trees([model.initial_arrays(), *grown[: len(grown) - boosting.surplus]])


@settings(max_examples=25, deadline=None)
@given(
    classes=st.integers(2, 4),
    hospitals=st.integers(1, 5),
    seed=st.integers(0, 10_000),
    row_share=st.sampled_from([1.0, 0.6]),
    column_share=st.sampled_from([1.0, 0.5]),
    validation_share=st.sampled_from([0.0, 0.3]),
    bins=st.sampled_from([4, 32, 255]),
)
def test_over_any_partition(
    classes: int,
    hospitals: int,
    seed: int,
    row_share: float,
    column_share: float,
    validation_share: float,
    bins: int,
) -> None:
    chosen = BoostedTreesSettings(
        rounds=1,
        trees_per_round=4,
        maximum_depth=4,
        row_share=row_share,
        column_share=column_share,
        maximum_bins=bins,
        validation_share=validation_share,
        early_stopping_iterations=2 if validation_share else 0,
        l1_regularisation=0.1,
        minimum_gain=0.01,
    )
    data = learnable(160, classes, seed)
    validation = draw_validation(data.features, data.candidates, validation_share, seed)
    data = data.with_validation(validation)
    generator = np.random.default_rng(seed)
    where = generator.integers(hospitals, size=len(data))
    order = generator.permutation(len(data))
    # Some hospitals may be left with no row at all.
    parts = [part_of(data, order[where == hospital]) for hospital in range(hospitals)]
    model = BoostedTrees(chosen, COLUMNS, classes, seed=seed)
    pooled = boost(data, chosen, model.groups, model.seed, model.initial_arrays())
    found = federated(parts, chosen, model)
    model.check_arrays(found)
    for name, array in pooled.items():
        np.testing.assert_array_equal(found[name], array, err_msg=name)


@pytest.mark.parametrize("classes", [2, 4])
@pytest.mark.parametrize("missing", [0.0, 0.2])
def test_the_trees_are_those_of_xgboost(classes: int, missing: float) -> None:
    data = learnable(700, classes, seed=3, missing=missing)
    certain = part_of(data, np.flatnonzero(data.candidates.sum(axis=1) == 1))
    # XGBoost gets the bins themselves, so that both cut at the same places.
    cuts = find_cuts(certain.features, 255)
    codes = cuts.codes(certain.features).astype(np.float32)
    codes[np.isnan(certain.features)] = np.nan
    binned = TrainingData(
        codes, certain.candidates, np.ones(classes), np.full(classes, 1 / classes)
    )
    chosen = BoostedTreesSettings(
        rounds=1,
        trees_per_round=8,
        maximum_depth=4,
        l1_regularisation=0.5,
        minimum_gain=0.1,
        # In small nodes XGBoost, which rounds gains to 32 bits, finds ties where there are none.
        minimum_child_weight=6,
    )
    model = BoostedTrees(chosen, COLUMNS, classes, seed=0)
    between = [np.arange(count, dtype=np.float32) + 0.5 for count in cuts.counts]
    by_bin = CutPoints(np.concatenate(between), cuts.counts, cuts.missing)
    ours = boost(binned, chosen, model.groups, 0, model.initial_arrays(), by_bin)
    objective = (
        {"objective": "binary:logistic", "base_score": 0.5}
        if classes == 2
        else {"objective": "multi:softprob", "num_class": classes, "base_score": 0.0}
    )
    theirs = xgboost.train(
        {
            **objective,
            "eta": chosen.learning_rate,
            "max_depth": chosen.maximum_depth,
            "alpha": chosen.l1_regularisation,
            "gamma": chosen.minimum_gain,
            "min_child_weight": chosen.minimum_child_weight,
            "tree_method": "hist",
            "max_bin": 512,
            "nthread": 1,
        },
        xgboost.DMatrix(codes, label=certain.candidates.argmax(axis=1)),
        num_boost_round=8,
    )
    same = arrays_of(theirs)
    np.testing.assert_array_equal(ours["tree_sizes"], same["tree_sizes"])
    # A split between missing and present values may be written either way round.
    for name in ("left_children", "right_children", "split_features") if not missing else ():
        np.testing.assert_array_equal(ours[name], same[name], err_msg=name)
    expected = theirs.predict(xgboost.DMatrix(codes))
    expected = np.column_stack([1 - expected, expected]) if classes == 2 else expected
    np.testing.assert_allclose(model.predict(ours, codes), expected, atol=1e-5)


def test_early_stopping_keeps_the_trees_up_to_the_best_loss() -> None:
    generator = np.random.default_rng(1)
    noise = TrainingData(
        generator.normal(size=(120, COLUMNS)).astype(np.float32),
        np.eye(2, dtype=bool)[generator.integers(2, size=120)],
        np.ones(2),
        np.full(2, 0.5),
    )
    chosen = BoostedTreesSettings(
        rounds=40, trees_per_round=1, validation_share=0.4, early_stopping_iterations=3
    )
    model = BoostedTrees(chosen, COLUMNS, 2, seed=1)
    validation = draw_validation(noise.features, noise.candidates, 0.4, seed=1)
    noise = noise.with_validation(validation)
    grown = boost(noise, chosen, 1, 1, model.initial_arrays())
    assert len(grown["tree_sizes"]) < 10
