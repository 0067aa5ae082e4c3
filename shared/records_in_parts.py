"""Records of which memory holds one part at a time."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from functools import reduce
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from shared.records import Records, in_order_of_appearance

if TYPE_CHECKING:
    import pandas as pd

Change = Callable[["pd.DataFrame"], "pd.DataFrame"]


class KeptParts(Protocol):
    """Tables on a disk, typed as in `Records`."""

    @property
    def sizes(self) -> Sequence[int]:
        """Rows of each part."""

    def read(self, part: int) -> pd.DataFrame:
        """Return one part."""

    def room(self, shape: tuple[int, int]) -> npt.NDArray[np.float32]:
        """Return an array that is on the same disk."""


class RecordsInParts(Records):
    """Records of one hospital whose table is on the disk.

    What holds 8 bytes a row (labels, persons, dates, which rows) is in memory; a table is there for
    one part at a time. Whoever knows no parts still gets everything, with the memory that takes:
    `table` reads all rows.

    Parameters
    ----------
    kept : KeptParts
    labels, patients, dates
        As in `Records`, of the rows chosen.
    rows : int64 array of shape (rows,), optional
        Positions among all rows that are kept, ascending; all of them without it.
    change : callable, optional
        What is made of each part's table, row by row alike.
    """

    def __init__(
        self,
        kept: KeptParts,
        labels: npt.NDArray[np.object_],
        patients: npt.NDArray[np.int64] | None = None,
        dates: npt.NDArray[np.datetime64] | None = None,
        rows: npt.NDArray[np.int64] | None = None,
        changes: tuple[Change, ...] = (),
    ) -> None:
        own = {
            "labels": labels,
            "patients": patients,
            "dates": dates,
            "_kept": kept,
            "_rows": rows,
            "_changes": changes,
        }
        # The class that this one extends is frozen.
        self.__dict__.update(own)

    _kept: KeptParts
    _rows: npt.NDArray[np.int64] | None
    _changes: tuple[Change, ...]

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def table(self) -> pd.DataFrame:
        """All rows at once."""
        import pandas as pd

        return pd.concat([part.table for part in self.parts()], ignore_index=True)

    def take(self, rows: npt.NDArray[np.intp]) -> Records:
        """Return the records at the given positions, in the source's order."""
        ordered = np.sort(rows)
        own = ordered if self._rows is None else self._rows[ordered]
        return RecordsInParts(
            self._kept,
            self.labels[ordered],
            None if self.patients is None else in_order_of_appearance(self.patients[ordered]),
            None if self.dates is None else self.dates[ordered],
            own.astype(np.int64),
            self._changes,
        )

    def parts(self) -> Iterator[Records]:
        """Yield the records, part by part; a part of which no row is chosen is not read."""
        start = first = 0
        for number, size in enumerate(self._kept.sizes):
            chosen = self._chosen_of(start, size)
            start += size
            count = size if chosen is None else len(chosen)
            if count:
                own = slice(first, first + count)
                yield Records(
                    self._read(number, chosen),
                    self.labels[own],
                    None,
                    None if self.dates is None else self.dates[own],
                )
            first += count
        if not first:
            none = np.empty(0, dtype=np.int64)
            dates = None if self.dates is None else self.dates[:0]
            yield Records(self._read(0, none), self.labels[:0], None, dates)

    def room(self, columns: int) -> npt.NDArray[np.float32]:
        """Return an array on the disk, shape (rows, columns)."""
        return self._kept.room((len(self), columns))

    def changed(self, change: Change) -> Records:
        """Return the same rows, whose tables are changed whenever they are read."""
        return self._with(self.labels, (*self._changes, change))

    def relabelled(self, labels: npt.NDArray[np.object_]) -> Records:
        """Return the same rows under other labels."""
        return self._with(labels, self._changes)

    def content_hash(self) -> str:
        """SHA-256 of the content, in the order of its parts.

        It is another than that of the same records in memory, which goes column by column.
        """
        digest = hashlib.sha256()
        for part in self.parts():
            digest.update(hash_of_rows(part).astype("<u8").tobytes())
        if self.patients is not None:
            digest.update(self.patients.astype("<i8").tobytes())
        return digest.hexdigest()

    def _with(self, labels: npt.NDArray[np.object_], changes: tuple[Change, ...]) -> RecordsInParts:
        return RecordsInParts(self._kept, labels, self.patients, self.dates, self._rows, changes)

    def _chosen_of(self, start: int, size: int) -> npt.NDArray[np.int64] | None:
        """Return the chosen rows of a part, from its own beginning; None for all."""
        if self._rows is None:
            return None
        first, last = np.searchsorted(self._rows, [start, start + size])
        found: npt.NDArray[np.int64] = self._rows[first:last] - start
        return None if len(found) == size else found

    def _read(self, number: int, chosen: npt.NDArray[np.int64] | None) -> pd.DataFrame:
        table = self._kept.read(number)
        if chosen is not None:
            table = table.iloc[chosen].reset_index(drop=True)
        return reduce(lambda made, change: change(made), self._changes, table)


def hash_of_rows(records: Records) -> npt.NDArray[np.uint64]:
    """Return a number for each record that depends on what it holds only, shape (records,)."""
    import pandas as pd

    table = records.table.assign(**{"\x1f": records.labels})
    # Only texts among the objects can be hashed; sets of terms are written out.
    writes = [
        name
        for name in table.columns
        if table[name].dtype == object and any(isinstance(each, tuple) for each in table[name])
    ]
    table = table.assign(**{name: table[name].map(repr) for name in writes})
    return pd.util.hash_pandas_object(table, index=False).to_numpy().astype(np.uint64)
