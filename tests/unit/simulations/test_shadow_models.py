"""Shadow models on real kinds of model: what is learned by heart is found out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from client.training.shadow_models import halves, largest_log_odds, train_shadows
from shared.contract import Contract
from shared.run_settings import ModelName, RunSettings, run_settings
from simulations.shadow_models import AttackedModels, ShadowRisk
from tests.conftest import learnable_records, random_records


def settings_of(name: ModelName, changes: dict[str, object]) -> RunSettings:
    return run_settings({"models": [name], "task": {"level": "group"}, name: changes}, [], "test")


def test_each_person_is_in_half_of_the_models_and_halves_differ() -> None:
    seen = halves(8, 500, 0)
    assert (seen.sum(axis=0) == 4).all()
    assert 0.4 < seen.mean(axis=1).min() < seen.mean(axis=1).max() < 0.6
    assert len({row.tobytes() for row in seen}) == 8
    assert (halves(8, 500, 0) == seen).all()
    assert not (halves(8, 500, 1) == seen).all()


@pytest.mark.parametrize("name", ["boosted_trees", "random_forest"])
def test_rows_learned_by_heart_are_found_out(contract: Contract, name: ModelName) -> None:
    changes: dict[ModelName, dict[str, object]] = {
        "boosted_trees": {
            "rounds": 1,
            "trees_per_round": 40,
            "maximum_depth": 8,
            "learning_rate": 0.3,
            "minimum_child_weight": 0.0,
            "l2_regularisation": 0.0,
        },
        "random_forest": {"trees": 40, "maximum_depth": 64, "minimum_leaf_rows": 1},
    }
    settings = settings_of(name, changes[name])
    view = settings.task.contract(contract)
    # Labels that follow from nothing can only be learned by heart.
    drawn = np.random.default_rng(0).choice(["none", "disease"], 160).astype(object)
    records = settings.task.records(
        contract, replace(random_records(contract, 160, 0), labels=drawn)
    )
    models = AttackedModels.of(train_shadows(view, records, settings, name, 9))
    # Of two labels, half of the rows that it never saw are as surely right by chance: a loss of 0
    # says no more than 0.75.
    assert models.by_loss().auc > 0.7
    assert models.by_likelihood_ratio().auc > 0.75


def test_all_rows_of_a_person_are_learned_from_or_none(contract: Contract) -> None:
    settings = settings_of("random_forest", {"trees": 3})
    view = settings.task.contract(contract)
    records = settings.task.records(contract, random_records(contract, 60, 0))
    twice = replace(records, patients=np.arange(60) // 2)
    seen = train_shadows(view, twice, settings, "random_forest", 4).seen
    assert (seen[:, ::2] == seen[:, 1::2]).all()


def test_a_model_too_small_to_remember_gives_little_away(contract: Contract) -> None:
    settings = settings_of("boosted_trees", {"rounds": 1, "trees_per_round": 3, "maximum_depth": 1})
    view = settings.task.contract(contract)
    records = settings.task.records(contract, learnable_records(contract, 400, 0))
    models = AttackedModels.of(train_shadows(view, records, settings, "boosted_trees", 9))
    assert models.by_likelihood_ratio().auc < 0.6
    assert models.by_loss().auc < 0.6


def test_rates_are_over_the_rows_of_all_targets() -> None:
    generator = np.random.default_rng(0)
    seen = halves(10, 400, 0)
    scores = generator.normal(size=seen.shape) + 3 * seen
    found = ShadowRisk.of(scores, seen)
    # Of a normal distribution three deviations apart: Φ(3 / √2), and Φ(3 - 2.326).
    assert found.auc == pytest.approx(0.983, abs=0.005)
    assert found.at_one_percent == pytest.approx(0.75, abs=0.05)
    assert found.at_one_in_a_thousand == pytest.approx(0.46, abs=0.12)
    assert 0 < found.deviation < 0.02


def test_a_forest_is_no_surer_than_its_votes() -> None:
    settings = settings_of("random_forest", {"trees": 50})
    assert largest_log_odds(settings, "random_forest") == pytest.approx(np.log(50))
    assert largest_log_odds(settings, "boosted_trees") > 30
