"""Records as rows that can be kept, told apart and put back in order."""

from __future__ import annotations

import hashlib
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from shared.contract import Contract, FlagFeature, NumericFeature, TermsFeature
from shared.records import Records

KEY, LABEL = "_key", "_label"
# A change of one row replaces one piece of so many rows.
ROWS_OF_A_CHUNK = 2000
MOST_BUCKETS = 256


@dataclass(frozen=True)
class KeyedRows:
    """Records with a name for each row.

    Attributes
    ----------
    table : DataFrame of shape (rows, recorded features + 2)
        The features, then `KEY` (the patient's pseudonym, or the row's place in the source where no
        column tells patients apart, and the row's number among those) and `LABEL`.
    """

    table: pd.DataFrame

    @classmethod
    def of(
        cls, contract: Contract, records: Records, pseudonyms: Sequence[str | None] | None
    ) -> KeyedRows:
        """Name each row."""
        persons = list(pseudonyms) if pseudonyms is not None else [None] * len(records)
        seen: Counter[str] = Counter()
        keys = []
        for place, person in enumerate(persons):
            name = person or f"row {place}"
            keys.append(f"{name}:{seen[name]}")
            seen[name] += 1
        table = records.table[list(contract.recorded)].copy()
        table[KEY], table[LABEL] = keys, records.labels
        return cls(table)

    def buckets(self) -> list[pd.DataFrame]:
        """Divide the rows by their names' hash, and sort them: who is where depends on no other."""
        count = 1
        while count < MOST_BUCKETS and len(self.table) > ROWS_OF_A_CHUNK * count:
            count *= 4
        digests = [hashlib.sha256(key.encode()).digest()[0] for key in self.table[KEY]]
        bucket = np.array(digests, dtype=np.int64) % count
        return [
            self.table[bucket == each].sort_values(KEY, ignore_index=True) for each in range(count)
        ]

    def in_order(self, keys: Sequence[str]) -> KeyedRows:
        """Return the rows in this order; names without a row are passed over."""
        place = {key: index for index, key in enumerate(self.table[KEY])}
        rows = [place[key] for key in keys if key in place]
        return KeyedRows(self.table.iloc[rows].reset_index(drop=True))

    def records(self, contract: Contract, patients: Sequence[int] | None) -> Records:
        """Return the records again.

        Parameters
        ----------
        patients : sequence of int or None
            As in `Records`.
        """
        table = self.table[list(contract.recorded)]
        of_whom = None if patients is None else np.array(patients, dtype=np.int64)
        return Records(table, self.table[LABEL].to_numpy(dtype=object), of_whom)


def to_bytes(table: pd.DataFrame) -> bytes:
    """Write rows as Parquet, the same bytes for the same rows."""
    columns = {name: pa.array(table[name].to_numpy(), from_pandas=True) for name in table.columns}
    written = pa.table(columns)
    buffer = io.BytesIO()
    pq.write_table(written, buffer, compression="zstd", store_schema=False)
    return buffer.getvalue()


def from_bytes(content: bytes, contract: Contract) -> pd.DataFrame:
    """Read rows that `to_bytes` wrote, in the types of `shared.records.Records`."""
    read = pq.read_table(io.BytesIO(content))
    columns: dict[str, pd.Series] = {}
    for name in read.column_names:
        values = read.column(name).to_pylist()
        feature = contract.recorded.get(name)
        if isinstance(feature, NumericFeature | FlagFeature):
            numbers = np.array([np.nan if each is None else each for each in values], np.float64)
            columns[name] = pd.Series(numbers)
        elif isinstance(feature, TermsFeature):
            columns[name] = pd.Series([tuple(each) for each in values], dtype=object)
        else:
            columns[name] = pd.Series(values, dtype=object)
    return pd.DataFrame(columns)
