"""What a review found out, as data: the report, the verdict and machines read this."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from server.review.acceptance import Acceptance
from shared.attacks import AttributeRisk, MembershipRisk
from shared.metrics.paired_counts import Difference
from shared.privacy.guarantee import Guarantee
from shared.run_settings import ModelName
from shared.settings_file import StrictModel

Step = Literal["data", "features", "imbalance", "model", "tuning"]
Verdict = Literal["ready", "iterate"]


class Spread(StrictModel):
    """One figure over repetitions.

    Attributes
    ----------
    mean, deviation, lowest, highest : float
        `deviation` is the standard deviation between repetitions.
    """

    mean: float
    deviation: float
    lowest: float
    highest: float

    @classmethod
    def of(cls, values: list[float]) -> Spread:
        """Summarise at least one value."""
        return cls(
            mean=float(np.mean(values)),
            deviation=float(np.std(values)),
            lowest=min(values),
            highest=max(values),
        )


class Gain(StrictModel):
    """How much more often the shared model is right than another, on the same rows.

    Attributes
    ----------
    rows : int
    other, shared : float
        Shares of right answers.
    low, high : float
        Bounds of shared - other, 95% interval of a paired bootstrap.
    """

    rows: int
    other: float
    shared: float
    low: float
    high: float

    @classmethod
    def of(cls, found: Difference) -> Gain:
        """Return the gain of the second model over the first."""
        return cls(
            rows=found.rows, other=found.first, shared=found.second, low=found.low, high=found.high
        )

    @property
    def is_harm(self) -> bool:
        """Whether the shared model is worse by more than chance explains."""
        return self.high < 0


class ReliabilityBin(StrictModel):
    """Held-out rows whose highest probability lies close together.

    Attributes
    ----------
    rows : int
    stated, right : float
        Mean stated probability, and share of right answers.
    """

    rows: int
    stated: float
    right: float


class ClassReview(StrictModel):
    """One class over all held-out rows of all repetitions.

    Attributes
    ----------
    rows : int
        Held-out rows of one repetition's folds together.
    recall, precision : float or None
    against_alone, against_previous : Gain or None
        In recall.
    """

    name: str
    frequency: str
    training_rows: int
    rows: int
    recall: float | None
    precision: float | None
    against_alone: Gain | None = None
    against_previous: Gain | None = None


class HospitalReview(StrictModel):
    """One hospital.

    Attributes
    ----------
    rows : int
        Held-out rows of one repetition's folds together.
    accuracy : Spread or None
        Of the shared model, over repetitions.
    against_alone, against_previous : Gain or None
        In accuracy.
    without_it : float or None
        Accuracy there of a model trained with the other hospitals only.
    with_it : float or None
        On the same rows, of the model trained with all.
    """

    rows: int
    accuracy: Spread | None
    against_alone: Gain | None = None
    against_previous: Gain | None = None
    without_it: float | None = None
    with_it: float | None = None


class KindReview(StrictModel):
    """One kind of model.

    Attributes
    ----------
    figures : dict of str to Spread
        ``accuracy``, ``macro_f1``, ``auc``, ``log_loss``, ``expected_calibration_error`` over
        repetitions, each over all folds and hospitals.
    reliability : list of ReliabilityBin
    hospitals : dict of str to HospitalReview
    classes : dict of str to ClassReview
    against_alone, against_previous : Gain or None
        In accuracy over all hospitals.
    membership, likelihood : MembershipRisk or None
        How well an attacker tells the rows that the run's own model learned from: by the loss, and
        against shadow models.
    attribute : tuple of str and AttributeRisk, or None
        The feature that training rows give away most beyond others.
    guarantee : Guarantee or None
        None for a model that was trained without formal privacy.
    """

    figures: dict[str, Spread]
    reliability: list[ReliabilityBin]
    hospitals: dict[str, HospitalReview]
    classes: dict[str, ClassReview]
    against_alone: Gain | None = None
    against_previous: Gain | None = None
    membership: MembershipRisk | None = None
    likelihood: MembershipRisk | None = None
    attribute: tuple[str, AttributeRisk] | None = None
    guarantee: Guarantee | None = None


class Finding(StrictModel):
    """Something that speaks against using the model, or that its users should know.

    Attributes
    ----------
    blocks : bool
        Whether the model is not ready because of it.
    what : str
        In a sentence, with figures.
    step : str
        What to change: ``data``, ``features``, ``imbalance``, ``model`` or ``tuning``.
    change : str
        How, in a sentence, with the setting's name where there is one.
    """

    blocks: bool
    what: str
    step: Step
    change: str


class CriterionResult(StrictModel):
    """One clinical criterion for one class.

    Attributes
    ----------
    asked : str
    found : str
    passed : bool
    """

    about: str
    asked: str
    found: str
    passed: bool
    reason: str = ""


class Trial(StrictModel):
    """One choice of settings that was tried.

    Attributes
    ----------
    state : str
        ``complete``, or ``pruned`` when it was given up early.
    value : float or None
        The metric, at the last stage it reached.
    """

    kind: ModelName
    number: int
    state: str
    value: float | None
    settings: dict[str, str | int | float]


class Review(StrictModel):
    """The technical and clinical review of one run.

    Attributes
    ----------
    chosen : str
        The kind of model with the lowest mean log loss.
    previous : str
        The model in use that it was compared with; empty for none.
    iterates : str
        The run whose findings this one answers; empty for none.
    public : dict of str to dict of str to float
        Figures of each kind on the coordinator's own test set; empty without one.
    """

    run: str
    contract: str
    date: str
    seeds: int
    folds: int
    chosen: ModelName
    verdict: Verdict
    kinds: dict[ModelName, KindReview]
    findings: list[Finding] = Field(default_factory=list)
    criteria: list[CriterionResult] = Field(default_factory=list)
    acceptance: Acceptance | None = None
    tuning_metric: str = ""
    trials: list[Trial] = Field(default_factory=list)
    previous: str = ""
    iterates: str = ""
    seconds: float = 0.0
    public: dict[ModelName, dict[str, float]] = Field(default_factory=dict)
    public_rows: int = 0
