"""One case of this hospital, as it is compared with others."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class OwnCase:
    """A case whose diagnosis is known here.

    Attributes
    ----------
    patient : str
        Pseudonym; empty where none is known.
    code : str
        Of the diagnosis.
    findings : tuple of str
        Terms of HPO that are present.
    date : str
        Day of the diagnosis; empty where nobody says.
    answer : str
        Id of the answer that was confirmed; empty for a record of the hospital's source.
    """

    patient: str
    code: str
    findings: tuple[str, ...]
    date: str = ""
    answer: str = ""
