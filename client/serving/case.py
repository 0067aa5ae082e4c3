"""One patient, typed by the contract."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

# Numbers and flags as float, codes and notes as str, sets of terms as tuples; None where missing.
Value: TypeAlias = float | str | tuple[str, ...] | None


@dataclass(frozen=True)
class Case:
    """What is recorded of one patient.

    Attributes
    ----------
    values : mapping of str to Value
        Of every recorded feature of the contract, in its unit and codes; read with `CaseReader`.
    """

    values: Mapping[str, Value]
