"""What somebody says a patient turned out to have."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Self

from client.audit.identifier import new_id
from client.audit.prediction import now_text


@dataclass(frozen=True, kw_only=True)
class Confirmation:
    """One statement; a later one of the same source replaces it.

    Attributes
    ----------
    code : str
        Of a class of the contract, finest or coarser; empty to take back what the source said.
    who : str
        Who says so.
    source : str
        Where it comes from, such as ``pathology``; who says so where nothing else is given.
    prediction : str
        Id of the answer it is about; or else `patient` and `date`.
    patient : str
        Pseudonym.
    date : str
        Day of the diagnosis, ``2026-11-30``; today without it.
    resolves : bool
        Whether it settles what all sources said before.
    id, time : str
        As of a `Prediction`.
    """

    code: str
    who: str
    source: str = ""
    prediction: str = ""
    patient: str = ""
    date: str = ""
    resolves: bool = False
    id: str = field(default_factory=new_id)
    time: str = field(default_factory=now_text)

    @property
    def speaker(self) -> str:
        """Whose later word replaces this one."""
        return self.source or self.who

    def content(self) -> dict[str, Any]:
        """Return what is encrypted."""
        return {
            "code": self.code,
            "source": self.source,
            "date": self.date,
            "resolves": self.resolves,
        }

    @classmethod
    def of_content(cls, row: dict[str, Any], content: dict[str, Any]) -> Self:
        """Return one as it was written."""
        patient = row["patient"] or ""
        return cls(
            id=row["id"],
            time=row["time"],
            who=row["caller"],
            patient=patient,
            prediction=row["beside"],
            **content,
        )
