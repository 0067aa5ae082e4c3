"""Phenopackets as rows: a patient each, some thousands at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from client.sources.phenopackets.archive import contents_of
from client.sources.phenopackets.facts import PacketFacts, facts_of
from client.sources.phenopackets.packet import PacketError, packets_of
from client.sources.phenopackets.settings import (
    AGE,
    COLUMNS,
    DISEASE,
    EXCLUDED,
    OBSERVED,
    ONSET,
    ONSET_CLASS,
    PATIENT,
    PUBLICATION,
    SEX,
)
from client.sources.raw_table import CHUNK_ROWS, FIRST_ROW, RawTable
from client.sources.remote import DataFile
from shared.errors import Problem

FIX = "Correct or remove the file; docs/sources/phenopackets.md says what is read."
AGE_FIX = "Write an age as in P4Y2M, or leave it out."
# Between the codes of a patient with several diagnoses; no class of a contract is called so.
SEVERAL = ";"


class PhenopacketsSource:
    """Packets of a file, a folder or an archive.

    A row's number is the place of its packet among all, from 2, as the first row of a table is.

    Parameters
    ----------
    file : DataFile
    """

    def __init__(self, file: DataFile) -> None:
        self._file = file

    @property
    def name(self) -> str:
        """The file's or folder's name."""
        return self._file.name

    def batches(self, columns: Sequence[str]) -> Iterator[RawTable]:
        """Yield the named columns; what is no packet becomes a problem with its file's name."""
        row = FIRST_ROW
        kept: list[tuple[int, PacketFacts]] = []
        problems: list[Problem] = []
        begun = row
        for name, content in contents_of(self._file):
            try:
                if isinstance(content, PacketError):
                    raise content
                packets = packets_of(content)
            except PacketError as error:
                problems.append(Problem(self._place(name), row, "", error.expected, FIX))
                row += 1
                continue
            for packet in packets:
                facts = facts_of(packet)
                if facts.unreadable:
                    expected = f"durations as in ISO 8601 at {', '.join(facts.unreadable)}"
                    problems.append(Problem(self._place(name), row, AGE, expected, AGE_FIX))
                else:
                    kept.append((row, facts))
                row += 1
            if row - begun >= CHUNK_ROWS:
                yield _table(kept, columns, row - begun, problems)
                kept, problems, begun = [], [], row
        yield _table(kept, columns, row - begun, problems)

    def _place(self, name: str) -> str:
        return self.name if name == self.name else f"{self.name}/{name}"


def _table(
    kept: Sequence[tuple[int, PacketFacts]],
    columns: Sequence[str],
    rows_read: int,
    problems: list[Problem],
) -> RawTable:
    cells = {
        name: pd.Series([_cell(facts, name) for _, facts in kept], dtype=object)
        for name in columns
        if name in COLUMNS
    }
    table = pd.DataFrame(cells, index=range(len(kept)))
    rows = np.array([row for row, _ in kept], dtype=np.int64)
    return RawTable(table, rows, rows_read, problems)


def _cell(facts: PacketFacts, name: str) -> object:
    return {
        PATIENT: facts.patient,
        SEX: facts.sex or None,
        AGE: facts.age,
        ONSET: facts.onset,
        ONSET_CLASS: facts.onset_class or None,
        OBSERVED: list(facts.observed),
        EXCLUDED: list(facts.excluded),
        DISEASE: SEVERAL.join(facts.diseases) or None,
        PUBLICATION: facts.publication or None,
    }[name]
