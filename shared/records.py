"""Typed records of the contract: what every source ends in and every model starts from.

Importing it loads no pandas: a hospital that answers has no tables, and starts in half the time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from shared.contract import CategoricalFeature, Contract, FlagFeature, NumericFeature, TermsFeature

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Records:
    """Patients of one hospital, in the contract's terms.

    A person may have several rows only where `patients` says whose they are.

    Attributes
    ----------
    table : DataFrame of shape (patients, features of the contract)
        One column per feature, in the contract's order. Numeric: float64 in the contract's unit,
        NaN where missing. Flag: float64 1, 0 or NaN. Categorical: object, a code or None. Terms:
        object, a tuple of codes (empty where none was recorded). Text: object, a str or None.
    labels : object array of shape (patients,)
        Class codes of the contract, leaf or coarser.
    patients : int64 array of shape (rows,) or None
        Which rows are of one person: the persons' numbers, from 0 in the order in which they first
        appear, without gaps. None where every row is a person of its own.
    dates : datetime64[D] array of shape (rows,) or None
        When each row is of, not-a-time where unknown; None where no source says it. They decide
        which rows are held out, and are no content: neither a feature nor part of the hash.
    """

    table: pd.DataFrame
    labels: npt.NDArray[np.object_]
    patients: npt.NDArray[np.int64] | None = None
    dates: npt.NDArray[np.datetime64] | None = None

    def __len__(self) -> int:
        return len(self.table)

    def take(self, rows: npt.NDArray[np.intp]) -> Records:
        """Return the records at the given positions."""
        of_whom = None if self.patients is None else in_order_of_appearance(self.patients[rows])
        dates = None if self.dates is None else self.dates[rows]
        table = self.table.iloc[rows].reset_index(drop=True)
        return Records(table, self.labels[rows], of_whom, dates)

    def parts(self) -> Iterator[Records]:
        """Yield the records, some rows after the other: all at once where memory holds them.

        The rows come in the order of `labels`. Parts have no `patients`: a person's rows may be in
        several.
        """
        yield replace(self, patients=None)

    def room(self, columns: int) -> npt.NDArray[np.float32]:
        """Return an array for numbers of each row, shape (rows, columns), beside the records."""
        return np.empty((len(self), columns), dtype=np.float32)

    def changed(self, change: Callable[[pd.DataFrame], pd.DataFrame]) -> Records:
        """Return the same rows, whose table is what `change` makes of it, row by row alike."""
        return replace(self, table=change(self.table))

    def relabelled(self, labels: npt.NDArray[np.object_]) -> Records:
        """Return the same rows under other labels, shape (rows,)."""
        return replace(self, labels=labels)

    def persons(self) -> npt.NDArray[np.int64]:
        """Return the number of each row's person, shape (rows,); see `patients`."""
        return np.arange(len(self), dtype=np.int64) if self.patients is None else self.patients

    def content_hash(self) -> str:
        """SHA-256 of the content, for naming the version of the data that a run saw."""
        digest = hashlib.sha256()
        digest.update("\x1f".join(self.table.columns).encode())
        for column in self.table.columns:
            digest.update("\x1f".join(map(repr, self.table[column])).encode())
        digest.update("\x1f".join(map(str, self.labels)).encode())
        if self.patients is not None:
            digest.update(self.patients.astype("<i8").tobytes())
        return digest.hexdigest()


def concatenate(parts: list[Records]) -> Records:
    """Join the records of several hospitals; only simulations own more than one."""
    import pandas as pd

    return Records(
        pd.concat([part.table for part in parts], ignore_index=True),
        np.concatenate([part.labels for part in parts]),
        _persons_of_all(parts),
        _dates_of_all(parts),
    )


def in_order_of_appearance(persons: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Return persons numbered from 0 in the order in which they first appear, shape (rows,)."""
    import pandas as pd

    return pd.factorize(persons)[0].astype(np.int64)


def _persons_of_all(parts: list[Records]) -> npt.NDArray[np.int64] | None:
    """Join the persons of several hospitals; nobody knows that two of them are one."""
    if all(part.patients is None for part in parts):
        return None
    persons = [part.persons() for part in parts]
    counts = [int(each.max(initial=-1)) + 1 for each in persons]
    starts = np.cumsum([0, *counts[:-1]])
    return np.concatenate([each + start for each, start in zip(persons, starts, strict=True)])


def _dates_of_all(parts: list[Records]) -> npt.NDArray[np.datetime64] | None:
    """Join the dates of several hospitals; of rows without any they are unknown."""
    if all(part.dates is None for part in parts):
        return None
    unknown = np.datetime64("NaT", "D")
    return np.concatenate(
        [np.full(len(part), unknown) if part.dates is None else part.dates for part in parts]
    )


def records_from_columns(
    contract: Contract, columns: dict[str, list[object]], labels: list[str]
) -> Records:
    """Build records from plain columns of recorded features, giving each its feature's type."""
    import pandas as pd

    table = pd.DataFrame(
        {
            name: typed_column(contract, name, columns.get(name, [None] * len(labels)))
            for name in contract.recorded
        }
    )
    return Records(with_derived(contract, table), np.array(labels, dtype=object))


def with_derived(contract: Contract, table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with the contract's derived features, computed from the recorded ones.

    Derived columns that the table has already are computed anew, so that they follow a change of
    what they are derived from.

    Parameters
    ----------
    table : DataFrame
        Typed as in `Records`, with a column for each recorded feature.
    """
    if not contract.derived:
        return table
    import pandas as pd

    recorded = {name: table[name].to_numpy() for name in contract.recorded}
    derived = contract.derivation.compute(recorded, len(table))
    columns = {
        name: pd.Series(values, index=table.index, dtype=values.dtype)
        for name, values in derived.items()
    }
    return table[list(recorded)].assign(**columns)


def typed_column(contract: Contract, name: str, values: list[object]) -> pd.Series:
    """Return one column in the type of its feature; None means missing."""
    import pandas as pd

    feature = contract.features[name]
    if isinstance(feature, NumericFeature | FlagFeature):
        numbers = [np.nan if value is None else float(value) for value in values]  # type: ignore[arg-type]
        return pd.Series(numbers, dtype="float64")
    if isinstance(feature, TermsFeature):
        return pd.Series([as_terms(value) for value in values], dtype=object)
    if isinstance(feature, CategoricalFeature):
        return pd.Series([None if value is None else str(value) for value in values], dtype=object)
    return pd.Series(values, dtype=object)


def as_terms(value: object) -> tuple[str, ...]:
    """Return a record's set of codes; nothing recorded is an empty one."""
    return tuple(map(str, value)) if isinstance(value, tuple | list | set | frozenset) else ()
