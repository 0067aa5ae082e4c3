"""The hospital's records as cases that diseases are ranked for."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from client.ranking.case_findings import case_findings
from client.serving.case import Case
from shared.contract import Contract
from shared.knowledge.terms import Findings
from shared.ranking.case import CaseFindings
from shared.ranking.disease_sums import CaseTable
from shared.records import Records

Rows = npt.NDArray[np.int64]
SEXES = {"FEMALE": 1.0, "MALE": 0.0}


@dataclass(frozen=True)
class LabelledCases:
    """Cases with their diseases.

    Attributes
    ----------
    table : CaseTable
    rows : int array of shape (cases,)
        Row of each case's disease among the candidates.
    sources : tuple of str
        Whose cases belong together: those of one person.
    """

    table: CaseTable
    rows: Rows
    sources: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, chosen: Rows) -> LabelledCases:
        """Return some of the cases."""
        sources = tuple(self.sources[row] for row in chosen.tolist())
        return LabelledCases(self.table.rows(chosen), self.rows[chosen], sources)


def labelled_cases(
    contract: Contract, records: Records, findings: Findings, diseases: Sequence[str], hospital: str
) -> LabelledCases:
    """Return the cases of records whose label is a candidate and that have a finding.

    A label that is a group of diseases says nothing of which one it is, and is left out.
    """
    place = {code: row for row, code in enumerate(diseases)}
    groups = set(contract.classes) - set(contract.leaves)
    told = [_findings(contract, records, row) for row in range(len(records))]
    persons = records.persons()
    chosen = [
        row
        for row, (label, case) in enumerate(zip(records.labels, told, strict=True))
        if label in place
        and label not in groups
        and any(code in findings.columns for code in case.observed)
    ]
    cases = [told[row] for row in chosen]
    table = CaseTable(
        observed=findings.matrix([each.observed for each in cases]),
        excluded=findings.matrix([_without(each, findings) for each in cases]),
        age=_years([each.age for each in cases]),
        onset=_years([each.onset for each in cases]),
        female=np.array([SEXES.get(each.sex, np.nan) for each in cases], dtype=np.float64),
    )
    rows = np.array([place[records.labels[row]] for row in chosen], dtype=np.int64)
    sources = tuple(f"{hospital} {persons[row]}" for row in chosen)
    return LabelledCases(table, rows, sources)


def share_of(seed: int, what: str, source: str) -> float:
    """Return a number in 0 to 1 that is drawn for a source, the same each time."""
    digest = hashlib.blake2b(f"{seed} {what} {source}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


def _findings(contract: Contract, records: Records, row: int) -> CaseFindings:
    values = {name: _value(records.table[name].iat[row]) for name in contract.recorded}
    return case_findings(contract, Case(values))


def _value(value: object) -> float | str | tuple[str, ...] | None:
    if isinstance(value, tuple):
        return value
    if isinstance(value, float | int | np.floating | np.integer):
        return None if np.isnan(value) else float(value)
    return str(value) if value is not None else None


def _without(case: CaseFindings, findings: Findings) -> list[str]:
    """Return the excluded codes that no observed one contradicts."""
    columns = findings.columns
    above = {
        each
        for code in case.observed
        if code in columns
        for each in findings.ancestors(columns[code]).tolist()
    }
    return [code for code in case.excluded if columns.get(code, -1) not in above]


def _years(values: list[float | None]) -> npt.NDArray[np.float64]:
    return np.array([np.nan if each is None else each for each in values], dtype=np.float64)
