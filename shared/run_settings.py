"""Everything a person may choose about a run; one TOML file, one object."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from shared.augmentation_settings import AugmentationSettings
from shared.calibration.settings import CalibrationSettings
from shared.class_balance import ClassBalance
from shared.deployment.settings import DeploymentSettings
from shared.errors import SettingsError
from shared.evaluation_settings import EvaluationSettings
from shared.exploration.settings import ExplorationSettings
from shared.holdout import HoldoutSettings
from shared.models.neural_network_settings import NeuralNetworkSettings
from shared.models.settings import BoostedTreesSettings, RandomForestSettings
from shared.preprocessing.settings import PreprocessingSettings
from shared.privacy.settings import PrivacySettings
from shared.ranking_learning.settings import RankingSettings
from shared.review_settings import ReviewSettings, TuningSettings
from shared.session.settings import SessionSettings, Transport
from shared.settings_file import StrictModel, parse
from shared.task import TaskSettings
from shared.watch.settings import WatchSettings

ModelName = Literal["neural_network", "boosted_trees", "random_forest"]
MODEL_NAMES: tuple[ModelName, ...] = ("neural_network", "boosted_trees", "random_forest")

# Strategies that need the mean update and nothing else of any hospital.
SUMMED_STRATEGIES = {"FedAvg", "FedProx", "FedAvgM", "FedAdam", "FedYogi", "FedAdagrad"}

ModelSettings = NeuralNetworkSettings | BoostedTreesSettings | RandomForestSettings


class RunSettings(StrictModel):
    """Settings of one run.

    Attributes
    ----------
    models : list of str
        The kinds of model to train, in order.
    seed : int
        Of everything random.
    minimum_hospitals : int
        A run with fewer is ended, never called a success.
    join_timeout, answer_timeout : float
        Seconds to wait for enough hospitals, and for the answer to one question.
    transport : str
        ``session``: one stream per hospital, and Flower's own messages where none opens.
        ``flower``: Flower's own messages for all; seconds a round instead of milliseconds.
    update_norm_limit : float
        A hospital whose update is so many times larger than the median one is left out of the
        round.
    class_balance : str
        How rare classes are weighted.
    compare_alone : bool
        Ask each hospital for the models it would have had alone.
    iterates : str
        The run whose findings this one answers; empty for none.
    maximum_onnx_bytes : int
        A model that would be larger gets no ONNX file.
    """

    models: list[ModelName] = Field(default=list(MODEL_NAMES), min_length=1)
    seed: int = 0
    minimum_hospitals: int = Field(default=2, ge=1)
    join_timeout: float = Field(default=120, gt=0)
    answer_timeout: float = Field(default=600, gt=0)
    transport: Transport = "session"
    session: SessionSettings = SessionSettings()
    update_norm_limit: float = Field(default=100, gt=1)
    class_balance: ClassBalance = "effective_number"
    compare_alone: bool = True
    iterates: str = ""
    maximum_onnx_bytes: int = Field(default=200_000_000, ge=1)
    task: TaskSettings = TaskSettings()
    holdout: HoldoutSettings = HoldoutSettings()
    preprocessing: PreprocessingSettings = PreprocessingSettings()
    augmentation: AugmentationSettings = AugmentationSettings()
    calibration: CalibrationSettings = CalibrationSettings()
    tuning: TuningSettings = TuningSettings()
    review: ReviewSettings = ReviewSettings()
    exploration: ExplorationSettings = ExplorationSettings()
    deployment: DeploymentSettings = DeploymentSettings()
    evaluation: EvaluationSettings = EvaluationSettings()
    watch: WatchSettings = WatchSettings()
    ranking: RankingSettings = RankingSettings()
    privacy: PrivacySettings = PrivacySettings()
    neural_network: NeuralNetworkSettings = NeuralNetworkSettings()
    boosted_trees: BoostedTreesSettings = BoostedTreesSettings()
    random_forest: RandomForestSettings = RandomForestSettings()

    @model_validator(mode="after")
    def _sums_cover_everything(self) -> Self:
        """Refuse what a run that asks for sums only would leave out without a word."""
        if self.privacy.only_sums:
            asked = self._without_sums() | (
                self._without_noise() if self.privacy.is_private else {}
            )
            unfit = [name for name, wanted in asked.items() if wanted]
            if unfit:
                raise ValueError(
                    f'privacy.guarantee = "{self.privacy.guarantee}" has no form of: '
                    + ", ".join(unfit)
                )
        return self

    def _without_sums(self) -> dict[str, bool]:
        """Say which things are asked for that need single answers."""
        network, strategy = self.neural_network, self.neural_network.strategy
        return {
            "tuning.trials": self.tuning.trials > 0,
            "review.enabled": self.review.enabled,
            "neural_network.personal_last_layer": network.personal_last_layer,
            "neural_network.validation_share": network.validation_share > 0,
            "neural_network.transfer.pretraining_rounds": network.transfer.pretraining_rounds > 0,
            "neural_network.transfer.prototypes_below": network.transfer.prototypes_below > 0,
            "neural_network.transfer.fine_tuning_epochs": network.transfer.fine_tuning_epochs > 0,
            "neural_network.transfer.start_from": bool(network.transfer.start_from),
            f"neural_network.strategy {strategy!r} (it looks at single updates)": (
                strategy not in SUMMED_STRATEGIES
            ),
        }

    def _without_noise(self) -> dict[str, bool]:
        """Say which things are asked for that noise does not cover."""
        return {
            "augmentation.method (synthetic rows stem from several patients)": (
                self.augmentation.method != "none"
            ),
            "boosted_trees.validation_share": self.boosted_trees.validation_share > 0,
            "holdout.folds": self.holdout.folds is not None,
        }

    def of_model(self, name: ModelName) -> ModelSettings:
        """Return the settings of one kind of model."""
        settings: ModelSettings = getattr(self, name)
        return settings


def with_overrides(content: dict[str, Any], overrides: list[str]) -> dict[str, Any]:
    """Apply ``section.key=value`` options of the command line to a settings file's content.

    Values are read as TOML, so ``true``, ``3`` and ``[64, 32]`` mean what they look like; anything
    else is text.

    Raises
    ------
    SettingsError
        When an option has no ``=``.
    """
    import tomllib

    result = {**content}
    for option in overrides:
        key, separator, text = option.partition("=")
        if not separator:
            raise SettingsError(f"{option!r} is not of the form key=value.", "For example seed=3.")
        try:
            value = tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            value = text
        _place(result, key.strip().split("."), value)
    return result


def _place(content: dict[str, Any], path: list[str], value: object) -> None:
    for part in path[:-1]:
        inner = content.get(part)
        content[part] = {**inner} if isinstance(inner, dict) else {}
        content = content[part]
    content[path[-1]] = value


def run_settings(content: dict[str, Any], overrides: list[str], source: str) -> RunSettings:
    """Check the settings of a run."""
    return parse(RunSettings, with_overrides(content, overrides), source)
