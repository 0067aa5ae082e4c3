"""A case to rank diseases for: what was found, what was looked for in vain, age and sex."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Sex = Literal["FEMALE", "MALE", "OTHER", "UNKNOWN"]


@dataclass(frozen=True)
class CaseFindings:
    """One patient, in codes of the Human Phenotype Ontology.

    Attributes
    ----------
    observed : tuple of str
        Findings that the patient has (``HP:0001250``), in any order; obsolete and alternative
        codes are mapped, unknown ones reported in the answer.
    excluded : tuple of str
        Findings that were looked for and are absent. They count as evidence against diseases
        that usually have them, and as nothing else: which findings were looked for is a habit of
        whoever examined, not a property of the patient.
    age, onset : float or None
        Years at the last visit, and at the first sign.
    sex : str
    """

    observed: tuple[str, ...]
    excluded: tuple[str, ...] = ()
    age: float | None = None
    onset: float | None = None
    sex: Sex = "UNKNOWN"
