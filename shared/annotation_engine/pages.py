"""The pages that explain terms and diseases."""

from __future__ import annotations

from shared.compiled_terms import CompiledTerminology
from shared.ranking.answer import Finding

HPO_PAGE = "https://hpo.jax.org/browse/term/"
DISEASE_PAGES = {
    "OMIM": "https://omim.org/entry/",
    "ORPHA": "https://www.orpha.net/en/disease/detail/",
}


def finding_of(code: str, terms: CompiledTerminology) -> Finding:
    """Return a term with its page."""
    return Finding(code, terms.name(code), HPO_PAGE + code)


def page_of_disease(code: str) -> str:
    """Return the page about a disease; empty where nobody has one."""
    system, _, number = code.partition(":")
    return DISEASE_PAGES[system] + number if system in DISEASE_PAGES else ""
