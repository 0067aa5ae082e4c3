"""What is known of a challenger beside the model in use: everything that a gate looks at."""

from __future__ import annotations

import datetime
from typing import Literal

from pydantic import Field

from server.promotion.sign_off import StandingSignOff
from server.review.approval import Approval
from shared.metrics.paired_tests import PairedTable
from shared.settings_file import StrictModel

HeldOut = Literal["time", "share", "unknown"]


class OverallEvidence(StrictModel):
    """Right answers of both models on the held-out rows of all hospitals.

    Attributes
    ----------
    table : PairedTable
    draws : list of float
        The gain in each replicate of a bootstrap that hospitals drew by themselves.
    """

    table: PairedTable
    draws: list[float]


class ClassEvidence(StrictModel):
    """Held-out rows of one class.

    Attributes
    ----------
    table : PairedTable or None
        None where the class was not counted by itself.
    """

    name: str
    frequency: str
    table: PairedTable | None = None


class HospitalEvidence(StrictModel):
    """One hospital.

    Attributes
    ----------
    table : PairedTable or None
        Of its held-out rows; None where it took no part in the comparison.
    held_out : {"time", "share", "unknown"}
        Whether its held-out rows are later in time than those trained on.
    influence : float or None
        How much better the others are served by a model trained without its rows; the lower bound
        of a 95% interval. None where that was not tried.
    left_out : str
        Why it missed a part of the run; empty where it did not.
    """

    table: PairedTable | None = None
    held_out: HeldOut = "unknown"
    influence: float | None = None
    left_out: str = ""


class AttackEvidence(StrictModel):
    """How well training rows are told from others: the lower bound of the AUC, and its limit."""

    low: float
    limit: float


class ReviewEvidence(StrictModel):
    """What the technical and clinical review said.

    Attributes
    ----------
    verdict : {"ready", "iterate"}
    blocking : list of str
        Findings that block, in a sentence each.
    criteria, met : int
        Of the clinicians.
    accuracy_deviation : float or None
        Between repetitions; None with one.
    largest_deviation : float
    """

    verdict: Literal["ready", "iterate"]
    blocking: list[str] = Field(default_factory=list)
    criteria: int = 0
    met: int = 0
    accuracy_deviation: float | None = None
    largest_deviation: float = 0.05


class SignatureEvidence(StrictModel):
    """Who is asked to sign, and who did.

    Attributes
    ----------
    asked : list of str
    given : list of Approval
    standing : list of StandingSignOff
        Those that hold today.
    """

    asked: list[str] = Field(default_factory=list)
    given: list[Approval] = Field(default_factory=list)
    standing: list[StandingSignOff] = Field(default_factory=list)


class Evidence(StrictModel):
    """All that is known.

    Attributes
    ----------
    champion : str
        Label of the model in use; empty where there is none.
    overall : OverallEvidence or None
        None without a comparison: there is no model in use, or it cannot be compared with.
    classes : dict of str to ClassEvidence
        By code.
    hospitals : dict of str to HospitalEvidence
    harmed : int or None
        Where only sums are known: at how many hospitals their own model is better beyond chance.
    champion_calibration, calibration : float or None
        Expected calibration error on the same held-out rows.
    attack : AttackEvidence or None
        None where nothing was attacked.
    is_private : bool
        Trained under differential privacy.
    review : ReviewEvidence or None
    signatures : SignatureEvidence
    tries : int
        Challengers tried on the same rows, this one included.
    date : date
        On which it is judged.
    """

    run: str
    champion: str = ""
    overall: OverallEvidence | None = None
    classes: dict[str, ClassEvidence] = Field(default_factory=dict)
    hospitals: dict[str, HospitalEvidence] = Field(default_factory=dict)
    harmed: int | None = None
    champion_calibration: float | None = None
    calibration: float | None = None
    attack: AttackEvidence | None = None
    is_private: bool = False
    review: ReviewEvidence | None = None
    signatures: SignatureEvidence = SignatureEvidence()
    tries: int = Field(default=1, ge=1)
    date: datetime.date
