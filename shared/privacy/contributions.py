"""How much one person may contribute: a single record, so that the unit of privacy is the person.

Formal guarantees are stated for adding or removing one person with all records. Where each person
has one record, they are those of adding or removing one row.
"""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt

from shared.records import Records


def one_record_each(records: Records, seed: int) -> Records:
    """Keep one record of each person.

    Which one depends on nothing but what this person's own records hold, and on the seed: not on
    where they stand, nor on other persons. Adding or removing a person, with any number of
    records, therefore adds or removes exactly one row and leaves all other rows as they are.

    Parameters
    ----------
    records : Records
    seed : int
        Another seed draws other records; over seeds, each record of a person is equally likely.

    Returns
    -------
    Records
        In the order of the given records; every row is a person of its own (`patients` is None).
    """
    if records.patients is None:
        return records
    counts = np.bincount(records.patients)
    repeated = np.flatnonzero(counts[records.patients] > 1)
    keys = dict(zip(repeated.tolist(), _content_keys(records, repeated, seed), strict=True))
    kept: dict[int, int] = {}
    for row, person in enumerate(records.patients.tolist()):
        before = kept.setdefault(person, row)
        # Of records that hold the same, any is the one.
        if before != row and keys[row] < keys[before]:
            kept[person] = row
    chosen = records.take(np.array(sorted(kept.values()), dtype=np.intp))
    return Records(chosen.table, chosen.labels)


def _content_keys(records: Records, rows: npt.NDArray[np.intp], seed: int) -> list[bytes]:
    """Return a number for each row by what it holds, under a key that the seed makes."""
    key = hashlib.sha256(f"one record each {seed}".encode()).digest()
    columns = [records.table[name].iloc[rows].tolist() for name in records.table]
    contents = zip(*columns, records.labels[rows].tolist(), strict=True)
    return [hashlib.blake2b(repr(each).encode(), key=key).digest() for each in contents]
