"""What a watch found."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from shared.settings_file import StrictModel

# Under this name stands what is true of all hospitals together.
FEDERATION = "federation"

Kind = Literal["feed", "data", "label", "score", "performance"]
State = Literal["alarm", "steady", "insufficient"]
Sign = Literal[
    "",
    "unit",
    "scale",
    "missing",
    "constant",
    "vanished",
    "refused",
    "source",
    "alone",
    "together",
    "everywhere",
    "recall",
    "auc",
    "calibration",
    "accuracy",
]


class WatchVerdict(StrictModel):
    """What came of one thing that is watched.

    Attributes
    ----------
    kind : {"feed", "data", "label", "score", "performance"}
        ``feed``: what reaches the model of one hospital is sick, and its patients need not have
        changed. ``data``: patients changed. ``label``: diagnoses did. ``score``: how sure answers
        are. ``performance``: how good they are.
    hospital : str
        Or ``federation``.
    feature : str
        Of the contract; for ``performance`` the code of a disease. Empty where it is about all.
    state : {"alarm", "steady", "insufficient"}
        ``insufficient``: too few rows for a verdict.
    sign : str
        What it was told by: ``unit``, ``missing``, ``everywhere``, ...; empty without an alarm.
    sentence, sentence_es : str
        For people, with its figures, in English and Spanish.
    score : float
        How far, from 0 to 1: the Jensen-Shannon divergence in bits of what moved most; for
        performance what is missing.
    evidence : dict
        Figures and names by which it was decided.
    """

    kind: Kind
    hospital: str
    feature: str = ""
    state: State
    sign: Sign = ""
    sentence: str
    sentence_es: str = ""
    score: float = Field(default=0.0, ge=0, le=1)
    evidence: dict[str, float | str | list[str]] = Field(default_factory=dict)

    @property
    def is_alarm(self) -> bool:
        """Whether a person should look."""
        return self.state == "alarm"
