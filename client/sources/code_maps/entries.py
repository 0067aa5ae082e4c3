"""One line of a table of codes, and which lines may be used without asking a person."""

from __future__ import annotations

from dataclasses import dataclass

# Every patient with the source code has what the target says. FHIR R4 looks from the source: a
# "wider" target holds the source and more, and a code that it "subsumes" is one of its own.
ACCEPTED = {
    "equal",
    "equivalent",
    "wider",
    "subsumes",
    # FHIR R5 says it the other way round.
    "source-is-narrower-than-target",
}
# The target says more than the source, something near it, or nothing: a person has to decide.
TO_DECIDE = {
    "narrower",
    "specializes",
    "inexact",
    "relatedto",
    "source-is-broader-than-target",
    "related-to",
}
NO_TARGET = {"unmatched", "disjoint", "not-related-to"}
EQUIVALENCES = ACCEPTED | TO_DECIDE | NO_TARGET
DEFAULT = "equivalent"


@dataclass(frozen=True)
class Entry:
    """A line of a table of codes.

    Attributes
    ----------
    place : str
        Where it stands in its file: ``row 3``, or ``group 1, element 3``.
    system, target_system : str
        Of the source and the target code; empty where the file does not say.
    code : str
        A code, a prefix such as ``E11.*`` or a range such as ``I20-I25``.
    target : str
        Empty where the code has none.
    equivalence : str
        As in FHIR, looking from the source.
    condition : bool
        Whether the line holds only under a condition that the file states.
    """

    place: str
    system: str
    code: str
    target_system: str
    target: str
    equivalence: str = DEFAULT
    condition: bool = False

    @property
    def is_accepted(self) -> bool:
        """Whether the line is used."""
        return self.equivalence in ACCEPTED and not self.condition

    @property
    def is_open(self) -> bool:
        """Whether a person has to decide on the line."""
        return self.equivalence in TO_DECIDE or (self.equivalence in ACCEPTED and self.condition)


@dataclass(frozen=True)
class Flaw:
    """What is wrong with a line of a table of codes."""

    place: str
    what: str

    def __str__(self) -> str:
        return f"{self.place}: {self.what}"
