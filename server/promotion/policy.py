"""`promotion.toml`: how much better a challenger must be, who says yes, and how it goes out."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, model_validator

from shared.settings_file import StrictModel, load

if TYPE_CHECKING:
    from server.home import CoordinatorHome

POLICY_FILE = "promotion.toml"

Level = Annotated[float, Field(gt=0, lt=0.5)]
Share = Annotated[float, Field(ge=0, le=1)]
Who = Literal["person", "automatic"]


class ApprovalPolicy(StrictModel):
    """Who says yes.

    Attributes
    ----------
    who : {"person", "automatic"}
        After the gate said promote; without enough evidence it is always a person.
    first_model : {"person", "automatic"}
        Of the federation's first model, which is compared with none.
    """

    who: Who = "person"
    first_model: Who = "person"


class GainPolicy(StrictModel):
    """How much more often a challenger must be right.

    Attributes
    ----------
    level : float
        One-sided: an equal model passes so often.
    spend : bool
        Divide the level over tries on the same rows, so that all together pass so often.
    least : float
        The lower bound of the gain must be above it.
    relevant : float
        A challenger whose gain cannot be as large is rejected; one whose gain may be, is seen in
        shadow or by a person.
    """

    level: Level = 0.05
    spend: bool = True
    least: float = Field(default=0.0, ge=0, lt=1)
    relevant: float = Field(default=0.01, gt=0, lt=1)


class ClassPolicy(StrictModel):
    """How much worse a challenger may be for a rare class.

    Attributes
    ----------
    which : {"rare", "all"}
        Classes that the contract calls rare, or every one.
    margin : float
        Of recall: that it is not worse by more must be shown.
    level : float
        One-sided, of each class.
    least_cases : int
        With fewer there is no verdict on a class.
    few_cases : {"together", "person"}
        Whether such classes may be judged together, or a person has to look.
    """

    which: Literal["rare", "all"] = "rare"
    margin: float = Field(default=0.10, gt=0, lt=1)
    level: Level = 0.05
    least_cases: int = Field(default=50, ge=1)
    few_cases: Literal["together", "person"] = "together"


class HarmPolicy(StrictModel):
    """When a hospital counts as harmed.

    Attributes
    ----------
    level : float
        Of all hospitals together (Holm).
    least_rows : int
        Harm at a hospital with fewer held-out rows is seldom found; the decision says so.
    missing : {"person", "note"}
        What it means that a hospital took no part in the comparison.
    """

    level: Level = 0.05
    least_rows: int = Field(default=150, ge=1)
    missing: Literal["person", "note"] = "person"


class QualityPolicy(StrictModel):
    """What else must hold.

    Attributes
    ----------
    calibration_margin : float
        The calibration error may be so much larger than that of the model in use.
    attack : bool
        Whether a model without formal privacy must have been attacked.
    largest_influence : float
        A hospital without whose rows the others would be served better by more has perhaps sent
        something else than records.
    """

    calibration_margin: float = Field(default=0.02, ge=0, lt=1)
    attack: bool = True
    largest_influence: float = Field(default=0.05, gt=0, lt=1)


class StagePolicy(StrictModel):
    """How long a stage lasts.

    Attributes
    ----------
    hours : float
    answers : int
        Given by all hospitals of the stage together; both must be reached.
    """

    hours: float = Field(default=0.0, ge=0)
    answers: int = Field(default=0, ge=0)

    @property
    def waits(self) -> bool:
        """Whether there is anything to wait for."""
        return self.hours > 0 or self.answers > 0


class ShadowPolicy(StagePolicy):
    """Whether the challenger first answers beside the model in use, unseen.

    Attributes
    ----------
    first : bool
        Every challenger; else only those that the gate sends there.
    """

    first: bool = False


class CanaryPolicy(StagePolicy):
    """Hospitals that use it before the others.

    Attributes
    ----------
    hospitals : list of str
        None for all at once.
    """

    hospitals: list[str] = Field(default_factory=list)


class RollbackPolicy(StrictModel):
    """Lines that a model in use must not cross.

    Attributes
    ----------
    automatic : bool
        Else a person is asked.
    least_recall : dict of str to float
        By class: the lower bound of recall over confirmed diagnoses.
    largest_fall : float
        So much the accuracy over confirmed diagnoses may be below that of the model before, beyond
        chance.
    largest_error_share : float
        Of requests that ended without an answer.
    largest_calibration_error : float
    largest_milliseconds : float
        Of the 99th hundredth of requests.
    least_confirmed : int
        With fewer confirmed diagnoses, recall and calibration say nothing.
    least_requests : int
        With fewer requests, errors and latency say nothing.
    """

    automatic: bool = True
    least_recall: dict[str, Share] = Field(default_factory=dict)
    largest_fall: float = Field(default=0.05, gt=0, lt=1)
    largest_error_share: Share = 0.02
    largest_calibration_error: float = Field(default=0.15, gt=0, le=1)
    largest_milliseconds: float = Field(default=1000, gt=0)
    least_confirmed: int = Field(default=50, ge=1)
    least_requests: int = Field(default=50, ge=1)


class PromotionPolicy(StrictModel):
    """A federation's rules; every line has a default."""

    approval: ApprovalPolicy = ApprovalPolicy()
    gain: GainPolicy = GainPolicy()
    classes: ClassPolicy = ClassPolicy()
    harm: HarmPolicy = HarmPolicy()
    quality: QualityPolicy = QualityPolicy()
    shadow: ShadowPolicy = ShadowPolicy()
    canary: CanaryPolicy = CanaryPolicy()
    everywhere: StagePolicy = StagePolicy(hours=24)
    rollback: RollbackPolicy = RollbackPolicy()

    @model_validator(mode="after")
    def _relevant_is_above_least(self) -> PromotionPolicy:
        if self.gain.relevant <= self.gain.least:
            raise ValueError("gain.relevant must be above gain.least")
        return self


def policy_text() -> str:
    """Return the file that a new federation begins with: every default, with comments."""
    return (resources.files("server.promotion") / POLICY_FILE).read_text(encoding="utf-8")


def read_policy(home: CoordinatorHome) -> PromotionPolicy:
    """Read the federation's policy; without a file, the defaults hold.

    Raises
    ------
    SettingsError
        Naming each line that cannot be used.
    """
    path = home.path / POLICY_FILE
    return load(PromotionPolicy, path) if path.exists() else PromotionPolicy()
