"""What a model says about one patient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class ModelIdentity:
    """Which model answered.

    Attributes
    ----------
    version : str
        ``RUN/KIND``, from the signed manifest.
    digest : str
        SHA-256 of the manifest, which holds the hash of every file of the bundle.
    contract_version, contract_hash : str
        The contract that the hospital's records follow.
    """

    version: str
    digest: str
    contract_version: str
    contract_hash: str


@dataclass(frozen=True)
class RankedDisease:
    """One disease of the differential.

    Attributes
    ----------
    probability : float
        Calibrated where the bundle has a calibrator.
    training_cases : int or None
        Rows with this diagnosis that the model learned from, at all hospitals together; None where
        the run did not tell.
    in_set : bool
        Whether it is in the prediction set.
    """

    code: str
    name: str
    probability: float
    training_cases: int | None
    in_set: bool


@dataclass(frozen=True)
class Answer:
    """The differential of one patient.

    Attributes
    ----------
    ranked : tuple of RankedDisease
        Most probable first: all of the prediction set, and at least as many as the hospital's
        settings ask for.
    other_probability : float
        Of all diseases that are not ranked, together.
    other_diseases : int
        How many those are.
    coverage : float or None
        How often sets like this one hold the disease; None where the model has no cut-offs.
    prediction_set : tuple of str
        Codes, most probable first.
    enough_evidence : bool
    why_not : str
        In words, where there is not enough evidence; else empty.
    why_not_code : str
        ``no_findings``, ``few_findings``, ``unlike_training`` or ``many_diseases``, for catalogues;
        else empty.
    model : ModelIdentity
    """

    ranked: tuple[RankedDisease, ...]
    other_probability: float
    other_diseases: int
    coverage: float | None
    prediction_set: tuple[str, ...]
    enough_evidence: bool
    why_not: str
    why_not_code: str
    model: ModelIdentity

    def as_json(self) -> dict[str, Any]:
        """Return the answer as plain values."""
        # `asdict` copies each of them deeply, which takes longer than the model.
        ranked = [dict(vars(each)) for each in self.ranked]
        model = dict(vars(self.model))
        return {**vars(self), "ranked": ranked, "model": model}


@dataclass(frozen=True)
class Reason:
    """One finding that spoke for a disease or against it.

    Attributes
    ----------
    feature : str
        Of the contract.
    term : str
        The term of a set of terms; else empty.
    words : str
        For people: "Arachnodactyly (HP:0001166)", "Age in years: 34 a", "Smoker: not recorded".
    weight : float
        What it adds to the score of the disease; above zero speaks for it.
    recorded : bool
        Whether it is a finding, or that nothing was found.
    """

    feature: str
    term: str
    words: str
    weight: float
    recorded: bool


@dataclass(frozen=True)
class Explanation:
    """Why a model gives a disease its probability.

    Attributes
    ----------
    code : str
        Of the disease.
    scale : str
        What weights add up to, before calibration: the ``margin`` of boosted trees, the ``class
        share`` of a forest, the ``log-odds`` of a network.
    baseline : float
        The score of nobody in particular; with all weights it gives the score of this patient.
    reasons : tuple of Reason
        Heaviest first.
    """

    code: str
    scale: str
    baseline: float
    reasons: tuple[Reason, ...]

    @property
    def supporting(self) -> tuple[Reason, ...]:
        """What spoke for the disease, heaviest first."""
        return tuple(reason for reason in self.reasons if reason.weight > 0)

    @property
    def opposing(self) -> tuple[Reason, ...]:
        """What spoke against it, heaviest first."""
        return tuple(reason for reason in self.reasons if reason.weight < 0)


@dataclass(frozen=True)
class NextFinding:
    """Something not known of the patient that would tell much.

    Attributes
    ----------
    feature : str
    term : str
        The term to look for, in a set of terms; else empty.
    words : str
        For people.
    expected_drop : float
        By how many bits the uncertainty about the disease falls on average once it is known.
    """

    feature: str
    term: str
    words: str
    expected_drop: float
