"""Codes as a mapping names them, and which of them a resource's codings are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from client.sources.fhir.resources import CodeableConcept

Target = TypeVar("Target")

# Short names for a mapping; some systems go by several addresses.
SHORT_NAMES: dict[str, tuple[str, ...]] = {
    "loinc": ("http://loinc.org",),
    "snomed": ("http://snomed.info/sct",),
    "icd10": ("http://hl7.org/fhir/sid/icd-10",),
    "icd10cm": ("http://hl7.org/fhir/sid/icd-10-cm",),
    "icd10gm": ("http://fhir.de/CodeSystem/bfarm/icd-10-gm",),
    "icd9cm": ("http://hl7.org/fhir/sid/icd-9-cm",),
    "icd11": ("http://id.who.int/icd/release/11/mms",),
    "hpo": (
        "http://human-phenotype-ontology.org",
        "http://purl.obolibrary.org/obo/hp.owl",
        "http://purl.obolibrary.org/obo/hp.fhir",
    ),
    "orphanet": ("http://www.orpha.net", "http://www.orphadata.org/cgi-bin/index.php"),
    "omim": ("http://www.omim.org", "http://omim.org"),
}
ANY = "*"
# Codes come from the data, so what is remembered of them is bounded.
MOST_REMEMBERED = 100_000


@dataclass(frozen=True)
class CodePattern:
    """A code, all codes that begin alike, or all codes of a system.

    Attributes
    ----------
    systems : tuple of str
        Addresses of the code system; empty for any.
    code : str
        The code, or its beginning.
    is_prefix : bool
    """

    systems: tuple[str, ...]
    code: str
    is_prefix: bool

    def matches(self, system: str | None, code: str) -> bool:
        """Return whether a coding is meant."""
        if self.systems and system not in self.systems:
            return False
        return code.startswith(self.code) if self.is_prefix else code == self.code

    def searched(self) -> list[str]:
        """Return the pattern as values of a search parameter of type token."""
        return [f"{system}|{self.code}" for system in self.systems] or [self.code]


ANYTHING = CodePattern((), "", is_prefix=True)


def parse_code(text: str) -> CodePattern:
    """Return the pattern that a mapping writes as ``system|code``, ``code`` or with a final ``*``.

    Raises
    ------
    ValueError
        When the system is neither an address nor a short name, or nothing is named.

    Examples
    --------
    >>> parse_code("icd10|I25*")
    CodePattern(systems=('http://hl7.org/fhir/sid/icd-10',), code='I25', is_prefix=True)
    """
    system, bar, code = text.strip().rpartition("|")
    if not code:
        raise ValueError(f"{text!r} names no code; write system|code, or system|* for all")
    systems = SHORT_NAMES.get(system.lower(), (system,)) if bar else ()
    if systems and ":" not in systems[0]:
        known = ", ".join(SHORT_NAMES)
        raise ValueError(f"{system!r} is neither the address of a code system nor one of {known}")
    return CodePattern(systems, code.removesuffix(ANY), code.endswith(ANY))


class CodeMatcher(Generic[Target]):
    """Finds the targets whose patterns a coding matches; asks each coding once.

    Parameters
    ----------
    targets : sequence of (patterns, target)
    """

    def __init__(self, targets: Sequence[tuple[Sequence[CodePattern], Target]]) -> None:
        self._targets = targets
        self._found: dict[tuple[str | None, str], tuple[Target, ...]] = {}

    def of_coding(self, system: str | None, code: str) -> tuple[Target, ...]:
        """Return the targets of one coding."""
        key = (system, code)
        found = self._found.get(key)
        if found is None:
            found = tuple(
                target
                for patterns, target in self._targets
                if any(pattern.matches(system, code) for pattern in patterns)
            )
            if len(self._found) >= MOST_REMEMBERED:
                self._found.clear()
            self._found[key] = found
        return found

    def of_concept(self, concept: CodeableConcept | None) -> Iterable[tuple[Target, str]]:
        """Return each target of a concept once, with the first code that matched."""
        if concept is None or not concept.coding:
            return ()
        if len(concept.coding) == 1:
            coding = concept.coding[0]
            if coding.code is None:
                return ()
            code = coding.code
            return [(target, code) for target in self.of_coding(coding.system, code)]
        return self._of_several(concept)

    def _of_several(self, concept: CodeableConcept) -> list[tuple[Target, str]]:
        found: dict[int, tuple[Target, str]] = {}
        for coding in concept.coding:
            if coding.code is not None:
                for target in self.of_coding(coding.system, coding.code):
                    found.setdefault(id(target), (target, coding.code))
        return list(found.values())
