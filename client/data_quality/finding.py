"""One thing about the records that a person should look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

Severity = Literal["act_now", "attention", "note"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)

Kind = Literal[
    "null_word",
    "sentinel",
    "zero_as_missing",
    "empty_column",
    "empty_means_other",
    "missing_by_class",
    "missing_by_era",
    "missing_by_clinic",
    "missing_block",
    "missing_diagnosis",
    "text_in_number",
    "impossible_value",
    "unknown_code",
    "retired_code",
    "contradiction",
    "sex_contradiction",
    "person_contradiction",
    "unreadable_date",
    "impossible_date",
    "time_order",
    "exact_duplicate",
    "near_duplicate",
    "unit_of_part",
    "outlier",
    "stale_record",
    "stale_source",
    "coding_changed",
    "note_denies_diagnosis",
    "note_names_other",
    "suspicious_diagnosis",
]
KINDS: tuple[Kind, ...] = get_args(Kind)


class Term(str):
    """A detail that the catalogue has words for, such as a meaning or a form."""

    __slots__ = ()


Detail = str | int | float


@dataclass(frozen=True)
class Finding:
    """What a check found.

    Attributes
    ----------
    kind : str
    severity : {"act_now", "attention", "note"}
        ``act_now``: a model would learn something wrong. ``attention``: it may. ``note``: good to
        know.
    rows : tuple of int
        As a spreadsheet shows them; the most suspicious first where `scores` says so.
    looked_at : int
        Rows that could have been found.
    feature, column : str
        The contract's name and the hospital's; empty where it is about whole rows.
    details : mapping of str to Detail
        What the words of this kind mention: codes, factors and names, never a patient's value.
    scores : tuple of float
        How suspicious each row is, from 0 to 1; empty for most kinds.
    others : tuple of int
        For each row, the row that it is about too (the first of duplicates); empty for most kinds.
    """

    kind: Kind
    severity: Severity
    rows: tuple[int, ...]
    looked_at: int
    feature: str = ""
    column: str = ""
    details: Mapping[str, Detail] = field(default_factory=dict)
    scores: tuple[float, ...] = ()
    others: tuple[int, ...] = ()

    @property
    def count(self) -> int:
        """How many rows it is about."""
        return len(self.rows)

    @property
    def share(self) -> float:
        """Which share of the rows that were looked at."""
        return self.count / self.looked_at if self.looked_at else 0.0


def row_numbers(rows: npt.NDArray[np.int64]) -> tuple[int, ...]:
    """Return row numbers as a finding holds them."""
    return tuple(rows.tolist())


def harm(finding: Finding) -> tuple[int, int, int]:
    """Return what sorts findings, the most harmful first."""
    severity = SEVERITIES.index(finding.severity)
    return severity, -finding.count, KINDS.index(finding.kind)
