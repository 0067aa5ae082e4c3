"""The parts of a source put together: in memory, or on the disk where they are too many."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

# The module and not its names: it needs parts of this package, whichever is imported first.
from client import validation
from client.sources.dates import Dates
from client.sources.kept_tables import KeptTables
from shared.contract import Contract
from shared.records import Records, in_order_of_appearance, with_derived
from shared.records_in_parts import RecordsInParts

Column = TypeVar("Column", bound=np.generic)


@dataclass(frozen=True)
class Limit:
    """How many records a node holds in memory.

    Attributes
    ----------
    rows : int
    folder : Path
        On the disk that takes the records when there are more.
    """

    rows: int
    folder: Path


class Gathered:
    """What the batches of a source gave, in its order."""

    def __init__(self, contract: Contract, limit: Limit | None) -> None:
        self._contract, self._limit = contract, limit
        self._tables: list[pd.DataFrame] = []
        self._kept: KeptTables | None = None
        self._checked: list[validation.Validation] = []
        self._count = 0

    def add(self, part: validation.Validation) -> None:
        """Add a batch.

        Raises
        ------
        DataError
            When it does not fit on the disk.
        """
        self._count += len(part.records)
        self._tables.append(part.records.table)
        if self._limit is not None and self._count > self._limit.rows:
            self._move(self._limit)
        none = part.records.table.iloc[:0]
        without_table = Records(none, part.records.labels, part.records.patients)
        self._checked.append(
            validation.Validation(without_table, [], part.rows, part.pseudonyms, part.dates)
        )

    def records(self, *, several: bool) -> Records:
        """Return all records; with `several`, those of a person are told by the pseudonyms."""
        labels = np.concatenate([part.records.labels for part in self._checked])
        pseudonyms = self.pseudonyms() if several else None
        persons = None if pseudonyms is None else in_order_of_appearance(pseudonyms)
        if self._kept is None:
            table = pd.concat(self._tables, ignore_index=True)
            return Records(table, labels, persons, self.dates())
        contract = self._contract
        kept = RecordsInParts(self._kept.finish(), labels, persons, self.dates())
        return kept.changed(lambda table: with_derived(contract, table))

    def rows(self) -> npt.NDArray[np.int64]:
        """Return the source's row of each record."""
        return np.concatenate([part.rows for part in self._checked])

    def pseudonyms(self) -> npt.NDArray[np.object_] | None:
        """Return whose each record is; None where no column says it."""
        return _joined([part.pseudonyms for part in self._checked])

    def dates(self) -> Dates | None:
        """Return when each record is of; None where no column says it."""
        return _joined([part.dates for part in self._checked])

    def _move(self, limit: Limit) -> None:
        """Move what is in memory to the disk."""
        if self._kept is None:
            self._kept = KeptTables(self._contract, limit.folder)
        for table in self._tables:
            self._kept.add(table)
        self._tables = []


def _joined(parts: list[npt.NDArray[Column] | None]) -> npt.NDArray[Column] | None:
    known = [part for part in parts if part is not None]
    return np.concatenate(known) if known else None
