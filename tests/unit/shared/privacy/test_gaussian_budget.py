import numpy as np
import pytest
from dp_accounting import GaussianDpEvent, SelfComposedDpEvent
from dp_accounting.pld import PLDAccountant

from shared.errors import SettingsError
from shared.privacy.gaussian_budget import delta_of, divide_budget, mu_of
from shared.privacy.settings import PrivacySettings
from shared.run_settings import ModelName


@pytest.mark.parametrize("epsilon", [0.1, 1.0, 8.0])
@pytest.mark.parametrize("delta", [1e-5, 1e-7])
def test_the_noise_of_one_sum_is_what_an_accountant_says(epsilon: float, delta: float) -> None:
    accountant = PLDAccountant().compose(GaussianDpEvent(1 / mu_of(epsilon, delta)))
    assert accountant.get_epsilon(delta) == pytest.approx(epsilon, rel=0.01)


def test_delta_falls_as_epsilon_grows() -> None:
    deltas = [delta_of(1.0, epsilon) for epsilon in (0.1, 0.5, 1, 2, 4)]
    assert np.all(np.diff(deltas) < 0)


@pytest.mark.parametrize("models", [["boosted_trees"], ["neural_network", "random_forest"]])
def test_a_whole_run_spends_its_epsilon_and_no_more(models: list[ModelName]) -> None:
    settings = PrivacySettings(guarantee="differential", epsilon=2.0, delta=1e-5)
    budget = divide_budget(settings, models)
    accountant = PLDAccountant()
    accountant.compose(GaussianDpEvent(budget.summary.noise_multiplier(1)))
    accountant.compose(GaussianDpEvent(budget.evaluation.noise_multiplier(1)))
    for releases in (100, 1)[: len(models)]:
        event = GaussianDpEvent(budget.model.noise_multiplier(releases))
        accountant.compose(SelfComposedDpEvent(event, releases))
    assert accountant.get_epsilon(1e-5) == pytest.approx(2.0, rel=0.02)


def test_shares_must_leave_something_for_training() -> None:
    settings = PrivacySettings(summary_share=0.5, evaluation_share=0.5)
    with pytest.raises(SettingsError, match="leave nothing"):
        divide_budget(settings, ["random_forest"])
