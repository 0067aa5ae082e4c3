"""How much of what was put into the clean hospital is found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from client.data_quality.checks import find_all
from client.data_quality.finding import Finding
from client.data_quality.hospital_rows import HospitalRows
from client.data_quality.out_of_fold import local_probabilities
from tests.unit.client.data_quality.clean_hospital import CONTRACT, clean_table, read, rows_at
from tests.unit.client.data_quality.injections import FLIPPED, INJECTIONS, Injection


@dataclass(frozen=True)
class Measured:
    """What became of one injection.

    Attributes
    ----------
    injected, found, false : int
        Rows that are wrong, those of them that were found, and others that were found.
    elsewhere : list of Finding
        What other checks said.
    """

    injection: Injection
    injected: int
    found: int
    false: int
    elsewhere: list[Finding]

    @property
    def line(self) -> str:
        """A line of the table in the documentation."""
        each = self.injection
        return f"| {each.name} | `{each.kind}` | {self.injected} | {self.found} | {self.false} |"


def measure(injection: Injection, folder: Path, *, models: bool = False) -> Measured:
    """Put a fault into the clean hospital, and look for it."""
    table = clean_table()
    wrong = set(rows_at(injection.inject(table, np.random.default_rng(11))))
    rows = read(folder, table, injection.settings, CONTRACT, **injection.rows)
    findings = find_all(with_models(rows) if models else rows)
    own = [each for each in findings if is_expected(each, injection)]
    found = {row for each in own for row in each.rows}
    elsewhere = [each for each in findings if each not in own]
    return Measured(injection, len(wrong), len(found & wrong), len(found - wrong), elsewhere)


def is_expected(finding: Finding, injection: Injection) -> bool:
    """Say whether a finding is what an injection should give."""
    at_place = not injection.column or finding.column == injection.column
    return finding.kind == injection.kind and at_place


def with_models(rows: HospitalRows) -> HospitalRows:
    """Return rows with what the hospital's own models say."""
    said = np.full((len(rows), len(rows.contract.leaves)), np.nan)
    said[rows.good] = local_probabilities(rows.contract, rows.records())
    return replace(rows, probabilities=said)


def measure_all(folder: Path) -> Sequence[Measured]:
    """Measure every injection."""
    plain = [measure(each, folder) for each in INJECTIONS]
    return [*plain, measure(FLIPPED, folder, models=True)]
