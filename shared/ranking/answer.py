"""The answer to a case: ranked diseases with their reasons, and how far to trust them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Known = Literal["annotations", "cases", "both"]
Doubt = Literal["", "no findings", "no usable findings", "too little to tell"]


@dataclass(frozen=True)
class Finding:
    """A term of the ontology, with the page that explains it."""

    code: str
    name: str
    url: str


@dataclass(frozen=True)
class Reason:
    """A finding that speaks for or against a disease.

    Attributes
    ----------
    finding : Finding
        Of the patient; of the disease where it is missing in the patient.
    counterpart : Finding or None
        What the disease is known for that fits the finding best; None where nothing does.
    frequency : float or None
        Share of patients with the disease who have it; None where unknown.
    weight : float
        How much it speaks for (above 0) or against (below 0) the disease, in bits.
    publications : tuple of str
        What the annotation was written from (``PMID:10077612``, ``OMIM:142900``).
    """

    finding: Finding
    counterpart: Finding | None
    frequency: float | None
    weight: float
    publications: tuple[str, ...] = ()


@dataclass(frozen=True)
class ScoreParts:
    """What the rank of a disease is made of; higher speaks for it.

    Attributes
    ----------
    matching : float
        Frequency-weighted symmetric best match with the annotations, in 0 to 1.
    annotations : float
        What annotations say, as the engine's one score: the logarithm of the findings' likelihood
        under the disease over that under any; in an engine that learned, with its best match and
        cosine added by fixed weights.
    cases : float or None
        Cosine with the centroid of the federation's cases, of the nearest diseases; None for
        others and where it has none.
    prior : float
        Logarithm of the prevalence that was stated, or of an even share.
    """

    matching: float
    annotations: float
    cases: float | None
    prior: float


@dataclass(frozen=True)
class RankedDisease:
    """One candidate.

    Attributes
    ----------
    code : str
        ``OMIM:142900`` or ``ORPHA:558``.
    name, url : str
    probability : float
    cases : int
        That the federation has seen, as far as hospitals let out; 0 where none did.
    known_from : str
    parts : ScoreParts
    matching : tuple of Reason
        Findings of the patient that belong to the disease, the weightiest first.
    missing : tuple of Reason
        Frequent findings of the disease that nobody has reported of the patient.
    contradicting : tuple of Reason
        Findings of the disease that were looked for and are absent; findings of the patient that
        the disease is not known for; an age or sex that does not fit is in `remarks`.
    remarks : tuple of str
        Words of a catalogue: ``"sex"``, ``"onset"``.
    """

    code: str
    name: str
    url: str
    probability: float
    cases: int
    known_from: Known
    parts: ScoreParts
    matching: tuple[Reason, ...]
    missing: tuple[Reason, ...]
    contradicting: tuple[Reason, ...]
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class NextFinding:
    """What to look for next.

    Attributes
    ----------
    finding : Finding
    bits : float
        Expected reduction of the entropy over the candidates.
    likely : float
        Probability that the patient has it.
    raises, lowers : tuple of str
        Codes of candidates that its presence makes more, and less, probable.
    """

    finding: Finding
    bits: float
    likely: float
    raises: tuple[str, ...]
    lowers: tuple[str, ...]


@dataclass(frozen=True)
class Ranking:
    """The answer.

    Attributes
    ----------
    diseases : tuple of RankedDisease
        The first ones, in order.
    something_else : float
        Probability of a disease that the engine does not know. With the probabilities of all
        candidates it sums to 1.
    prediction_set : tuple of str
        Codes of the smallest set of first candidates that holds the right one in `coverage` of
        cases like those that were calibrated on; empty where no set short enough does.
    coverage : float or None
        None where nothing was calibrated.
    enough_evidence : bool
        False where the answer should read "not enough evidence".
    doubt : str
        Why not; empty where there is enough.
    next_findings : tuple of NextFinding
        The most telling first.
    unknown : tuple of str
        Codes of the case that the ontology does not have, and that were not used.
    replaced : dict of str to str
        Codes of the case that stand for another today.
    contradictory : tuple of str
        Codes that are both observed and excluded, by themselves or by what lies above them; the
        observation is believed.
    """

    diseases: tuple[RankedDisease, ...]
    something_else: float
    prediction_set: tuple[str, ...]
    coverage: float | None
    enough_evidence: bool
    doubt: Doubt
    next_findings: tuple[NextFinding, ...]
    unknown: tuple[str, ...]
    replaced: dict[str, str]
    contradictory: tuple[str, ...]

    @property
    def next_finding(self) -> NextFinding | None:
        """The most telling finding to look for; None where nothing would tell."""
        return self.next_findings[0] if self.next_findings else None
