"""What a run does beyond training: choosing settings, and being judged before it is used."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from shared.settings_file import StrictModel

TuningMetric = Literal["log_loss", "accuracy", "macro_f1"]


class TuningSettings(StrictModel):
    """How settings of the models are chosen.

    Attributes
    ----------
    trials : int
        Short federated runs, over all kinds of model together; 0 chooses nothing.
    metric : {"log_loss", "accuracy", "macro_f1"}
        What they are compared by, on training rows that the trial did not learn from.
    validation_share : float
        Share of the training rows that trials are judged on.
    reduction_factor : int
        Of each stage's trials one in so many goes on (hyperband, Li et al. 2018).
    """

    trials: int = Field(default=0, ge=0)
    metric: TuningMetric = "log_loss"
    validation_share: float = Field(default=0.25, gt=0, lt=1)
    reduction_factor: int = Field(default=3, ge=2)


class ReviewSettings(StrictModel):
    """The technical review of a run's models.

    Attributes
    ----------
    enabled : bool
    seeds, folds : int
        Every kind is trained for each of `seeds` x `folds`, on the same federated folds.
    leave_one_hospital_out : bool
        Also train without each hospital in turn, and judge there.
    replicates : int
        Of the paired bootstrap that tells harm from chance.
    largest_calibration_error : float
        A model whose expected calibration error is larger is not ready.
    largest_spread : float
        Nor is one whose accuracy differs by more between repetitions (standard deviation).
    largest_membership_auc : float
        Nor is one whose training rows are told from others better than this, beyond chance.
    shadow_models : int
        Models that each hospital trains on random halves of its rows, to attack the candidate with;
        0 attacks by the loss alone.
    """

    enabled: bool = False
    seeds: int = Field(default=2, ge=1)
    folds: int = Field(default=5, ge=2)
    leave_one_hospital_out: bool = True
    replicates: int = Field(default=600, ge=100, le=10_000)
    largest_calibration_error: float = Field(default=0.1, gt=0, le=1)
    largest_spread: float = Field(default=0.05, gt=0, le=1)
    largest_membership_auc: float = Field(default=0.6, ge=0.5, le=1)
    shadow_models: Annotated[int, Field(ge=0, le=256, multiple_of=2)] = 4
