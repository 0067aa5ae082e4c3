"""Settings of each model kind; defaults suit a few hospitals with hundreds of patients each."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from shared.settings_file import StrictModel

Share = Annotated[float, Field(gt=0, le=1)]


class BoostedTreesSettings(StrictModel):
    """Gradient boosting, whose result any XGBoost loads.

    Attributes
    ----------
    method : {"histograms", "bagging"}
        ``histograms``: all hospitals grow each tree together, split for split as if their rows were
        in one place. ``bagging``: each grows trees of its own, merged by size each round; few
        questions, for hospitals that only Flower's own messages reach.
    rounds : int
        Rounds of merging, for bagging.
    trees_per_round : int
        Boosting iterations between two merges. Both methods make the product of the two.
    learning_rate, maximum_depth, minimum_child_weight, minimum_gain : float
        XGBoost's eta, max_depth, min_child_weight and gamma.
    l1_regularisation, l2_regularisation : float
        XGBoost's alpha and lambda.
    row_share, column_share : float
        XGBoost's subsample and colsample_bytree.
    maximum_bins : int
        Of a column, for histograms.
    early_stopping_iterations : int
        Stop when the federated loss has not fallen for so many iterations; 0 for never.
    validation_share : float
        Training rows that trees do not learn from and that loss is taken on.
    """

    method: Literal["histograms", "bagging"] = "histograms"
    rounds: int = Field(default=3, ge=1)
    trees_per_round: int = Field(default=12, ge=1)
    learning_rate: float = Field(default=0.1, gt=0, le=1)
    maximum_depth: int = Field(default=4, ge=1, le=16)
    minimum_child_weight: float = Field(default=1.0, ge=0)
    l2_regularisation: float = Field(default=1.0, ge=0)
    row_share: float = Field(default=1.0, gt=0, le=1)
    column_share: float = Field(default=1.0, gt=0, le=1)
    minimum_gain: float = Field(default=0.0, ge=0)
    l1_regularisation: float = Field(default=0.0, ge=0)
    maximum_bins: int = Field(default=255, ge=2, le=4096)
    early_stopping_iterations: int = Field(default=0, ge=0)
    validation_share: float = Field(default=0.0, ge=0, lt=1)

    @property
    def keeps_missing(self) -> bool:
        """Whether missing numbers reach the trees as NaN: common trees learn where they go."""
        return self.method == "histograms"

    @property
    def iterations(self) -> int:
        """Boosting iterations of the whole model."""
        return self.rounds * self.trees_per_round

    @model_validator(mode="after")
    def _stopping_needs_validation(self) -> Self:
        if self.early_stopping_iterations and not self.validation_share:
            raise ValueError("early_stopping_iterations needs a validation_share above 0")
        return self


class RandomForestSettings(StrictModel):
    """scikit-learn forests grown at the hospitals and united, weighted by size.

    Attributes
    ----------
    trees : int
        Trees of each hospital.
    maximum_depth : int
    minimum_leaf_rows : int
        Fewest training rows in a leaf.
    column_share : float or "sqrt"
        Columns looked at for each split.
    refill : bool
        Fill every leaf with the classes of all hospitals' rows that reach it, not only of the
        hospital that grew the tree.
    """

    rounds: Literal[1] = 1
    trees: int = Field(default=200, ge=1)
    maximum_depth: int = Field(default=12, ge=1, le=64)
    minimum_leaf_rows: int = Field(default=2, ge=1)
    column_share: Share | Literal["sqrt"] = "sqrt"
    refill: bool = True
