"""Diagnoses that are no class of the contract: any disease that is ranked here."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from shared.contract import Contract

DISEASE = re.compile(r"(?:OMIM|ORPHA):\d+")
# Returns the names of the diseases that are ranked here, by code.
Ranked = Callable[[], Mapping[str, str]]


def nothing_ranked() -> Mapping[str, str]:
    """Return the diseases of a hospital without an engine that ranks."""
    return {}


def is_diagnosis(contract: Contract, code: str) -> bool:
    """Say whether a code that was written down confirms anything.

    A class that the contract does not have any more confirms nothing; a disease of OMIM or Orphanet
    stays what it is, whatever is ranked today.
    """
    return code in contract.classes or DISEASE.fullmatch(code) is not None


def line_of(contract: Contract, code: str) -> list[str]:
    """Return a diagnosis and the coarser ones that contain it, the finest first."""
    return [code, *(contract.ancestors(code) if code in contract.classes else ())]
