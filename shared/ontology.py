"""Terminologies: which codes exist, what they are called and what lies above them.

A patient with a specific finding also has every more general one; expanding a term to its
ancestors lets records of different depth be compared. The Human Phenotype Ontology (HPO; Köhler et
al. 2021, Nucleic Acids Research 49) comes with the package `hpo3`, which imports as ``pyhpo``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, lru_cache
from threading import Lock
from typing import Any

HPO = "HPO"
ROOT = "HP:0000001"
PHENOTYPIC_ABNORMALITY = "HP:0000118"
# Everyone has them, so they tell nothing.
EVERYONE = frozenset({ROOT, PHENOTYPIC_ABNORMALITY})

_loading = Lock()


class Terminology(ABC):
    """A code system as the rest of Juntos sees it."""

    @abstractmethod
    def is_known(self, code: str) -> bool:
        """Say whether a record may hold `code`."""

    @abstractmethod
    def name(self, code: str) -> str:
        """Return what `code` is called; the code itself where that is unknown."""

    @abstractmethod
    def ancestors(self, code: str) -> tuple[str, ...]:
        """Return `code` and everything above it, sorted; a code not known stands alone."""

    @abstractmethod
    def version(self) -> str:
        """Return the release in use; empty where there is none."""

    def codes(self) -> tuple[str, ...]:
        """Return all codes that a record may hold, sorted; none where there is no list."""
        return ()

    def expand(self, codes: Iterable[str]) -> tuple[str, ...]:
        """Return the union of the ancestors of all `codes`, each once, sorted."""
        return tuple(sorted({above for code in codes for above in self.ancestors(code)}))


class FlatTerminology(Terminology):
    """Codes without names or hierarchy; the contract's pattern says what a code looks like."""

    def is_known(self, code: str) -> bool:
        """Say yes to anything that is not blank: there is no list to look it up in."""
        return bool(code.strip())

    def name(self, code: str) -> str:
        """Return the code."""
        return code

    def ancestors(self, code: str) -> tuple[str, ...]:
        """Return the code alone."""
        return (code,)

    def version(self) -> str:
        """Return an empty text."""
        return ""


class HumanPhenotypeOntology(Terminology):
    """HPO and its disease annotations (OMIM, Orphanet), read once per process when first needed.

    An obsolete term means the term that replaced it. One without replacement is not known: a person
    has to choose what it meant.
    """

    def is_known(self, code: str) -> bool:
        """Say whether HPO has `code`, or has a replacement for it."""
        term = _term(code)
        return term is not None and not term.is_obsolete

    def current(self, code: str) -> str:
        """Return the term that `code` stands for today."""
        term = _term(code)
        return code if term is None else str(term.id)

    def name(self, code: str) -> str:
        """Return the term's English label; the code itself where HPO has no such term."""
        term = _term(code)
        return code if term is None else str(term.name)

    def ancestors(self, code: str) -> tuple[str, ...]:
        """Return the term and everything above it, sorted.

        The root and "Phenotypic abnormality" are left out: every patient has them.
        """
        return _ancestors(code)

    def parents(self, code: str) -> tuple[str, ...]:
        """Return the terms directly above `code`, sorted, without those everyone has."""
        term = _term(code)
        above = set() if term is None else {parent.id for parent in term.parents}
        return tuple(sorted(above - EVERYONE))

    def version(self) -> str:
        """Return the date of the HPO release."""
        return str(_ontology().version())

    def codes(self) -> tuple[str, ...]:
        """Return every phenotypic abnormality, sorted."""
        return _findings()

    def every_code(self) -> tuple[str, ...]:
        """Return every code that is known, findings or not, current or replaced; sorted."""
        codes = (str(term.id) for term in _ontology())
        return tuple(sorted(code for code in codes if self.is_known(code)))

    def diseases(self) -> tuple[str, ...]:
        """Return every disease with annotations (``OMIM:154700``, ``ORPHA:558``), sorted."""
        found = _ontology()
        omim = (f"OMIM:{each.id}" for each in found.omim_diseases)
        return tuple(sorted([*omim, *(f"ORPHA:{each.id}" for each in found.orpha_diseases)]))

    def disease_name(self, disease: str) -> str | None:
        """Return the name of a disease (``OMIM:154700``, ``ORPHA:558``); None if unknown."""
        found = _disease(disease)
        return None if found is None else str(found.name)

    def disease_findings(self, disease: str) -> tuple[str, ...]:
        """Return the findings annotated to a disease, sorted; empty where it is unknown.

        Modes of inheritance, ages of onset and other modifiers are no findings and are left out.
        """
        found = _disease(disease)
        terms = () if found is None else found.hpo_set()
        return tuple(sorted(term.id for term in terms if _is_finding(term)))


def terminology(code_system: str) -> Terminology:
    """Return the terminology of a contract's code system; without hierarchy unless it is HPO."""
    in_use = _in_use.get()
    found = in_use.get(code_system.upper()) if in_use else None
    return found or _installed(code_system)


@cache
def _installed(code_system: str) -> Terminology:
    return HumanPhenotypeOntology() if code_system.upper() == HPO else FlatTerminology()


# By code system; of this thread or task alone, since two models may know two releases.
_in_use: ContextVar[Mapping[str, Terminology] | None] = ContextVar("in_use", default=None)


@contextmanager
def terminologies(known: Mapping[str, Terminology]) -> Iterator[None]:
    """Use other terminologies than the installed ones, by code system in capitals, for a while."""
    before = _in_use.set(known)
    try:
        yield
    finally:
        _in_use.reset(before)


def _ontology() -> Any:  # noqa: ANN401 - hpo3 has no types
    with _loading:
        return _load()


@cache
def _load() -> Any:  # noqa: ANN401 - hpo3 has no types
    # Takes 1.5 s and 200 MB, which a command that reads no terms should not spend.
    from pyhpo import Ontology

    Ontology()
    return Ontology


@lru_cache(maxsize=65_536)
def _term(code: str) -> Any:  # noqa: ANN401 - hpo3 has no types
    """Return the term, or the one that replaced it; None where there is none."""
    try:
        term = _ontology().get_hpo_object(code)
    except RuntimeError:
        return None
    # hpo3 also finds terms by label and by shortened numbers; a record must hold the exact code.
    if term.id != code:
        return None
    replacement = term.replaced_by if term.is_obsolete else None
    return _term(replacement) if replacement else term


@lru_cache(maxsize=65_536)
def _ancestors(code: str) -> tuple[str, ...]:
    term = _term(code)
    if term is None:
        return (code,)
    above = {parent.id for parent in term.all_parents}
    return tuple(sorted((above | {str(term.id)}) - EVERYONE))


@cache
def _findings() -> tuple[str, ...]:
    terms = (term for term in _ontology() if not term.is_obsolete and _is_finding(term))
    return tuple(sorted(str(term.id) for term in terms))


def _is_finding(term: Any) -> bool:  # noqa: ANN401 - hpo3 has no types
    return PHENOTYPIC_ABNORMALITY in {parent.id for parent in term.all_parents}


@cache
def _disease(code: str) -> Any:  # noqa: ANN401 - hpo3 has no types
    _ontology()
    from pyhpo import Omim, Orpha

    system, _, number = code.partition(":")
    catalogue = {"OMIM": Omim, "ORPHA": Orpha}.get(system)
    if catalogue is None or not number.isdigit():
        return None
    try:
        return catalogue.get(int(number))
    except KeyError:
        return None
