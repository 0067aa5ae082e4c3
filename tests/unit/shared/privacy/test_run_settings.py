import pytest

from shared.errors import SettingsError
from shared.run_settings import run_settings

PRIVATE = 'privacy.guarantee="differential"'


@pytest.mark.parametrize(
    "option",
    [
        "tuning.trials=3",
        "review.enabled=true",
        'augmentation.method="smote"',
        "neural_network.personal_last_layer=true",
        "neural_network.validation_share=0.1",
        "neural_network.transfer.fine_tuning_epochs=2",
        "boosted_trees.validation_share=0.2",
    ],
)
def test_what_a_guarantee_has_no_form_of_is_refused_by_name(option: str) -> None:
    run_settings({}, [option], "test")
    with pytest.raises(SettingsError, match=option.partition("=")[0]):
        run_settings({}, [option, PRIVATE], "test")


def test_defaults_can_have_a_guarantee() -> None:
    assert run_settings({}, [PRIVATE], "test").privacy.is_private
