"""What tuning may change, and what the run has fixed already."""

from __future__ import annotations

import optuna
import pytest

from server.tuning.search_space import changed, defaults, shortened, suggest
from shared.models.neural_network_settings import NeuralNetworkSettings
from shared.models.settings import BoostedTreesSettings, RandomForestSettings
from shared.models.transfer_settings import TransferSettings
from shared.run_settings import MODEL_NAMES, ModelName, RunSettings


@pytest.mark.parametrize("kind", MODEL_NAMES)
def test_every_drawn_setting_is_valid_and_the_first_trial_is_the_run_itself(
    kind: ModelName,
) -> None:
    settings = RunSettings().of_model(kind)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    study.enqueue_trial(defaults(settings))
    assert changed(settings, suggest(study.ask(), kind)) == settings
    drawn = {changed(settings, suggest(study.ask(), kind)).model_dump_json() for _ in range(20)}
    assert len(drawn) > 15


def test_a_network_that_starts_from_another_keeps_its_widths() -> None:
    transfer = TransferSettings(start_from="bundle")
    settings = NeuralNetworkSettings(hidden=[7], transfer=transfer)
    result = changed(settings, {"hidden": "64 and 32", "dropout": 0.4})
    assert isinstance(result, NeuralNetworkSettings)
    assert (result.hidden, result.dropout) == ([7], 0.4)
    assert result.transfer == transfer


def test_a_short_trial_still_comes_to_the_rare_classes() -> None:
    settings = NeuralNetworkSettings(rounds=100, transfer=TransferSettings(pretraining_rounds=60))
    short = shortened(settings, 1 / 9)
    assert isinstance(short, NeuralNetworkSettings)
    assert short.rounds == 61
    type(short).model_validate(short.model_dump())


def test_a_share_of_the_way_is_a_share_of_iterations_or_trees() -> None:
    boosting = shortened(BoostedTreesSettings(rounds=3, trees_per_round=12), 1 / 3)
    assert isinstance(boosting, BoostedTreesSettings)
    assert boosting.iterations == 12
    forest = shortened(RandomForestSettings(trees=90), 1 / 9)
    assert isinstance(forest, RandomForestSettings)
    assert forest.trees == 10
    assert shortened(RandomForestSettings(trees=2), 1 / 9).model_dump()["trees"] == 1
