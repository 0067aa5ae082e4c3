"""Tables of records on the node's disk, in a file that nobody else can open."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from shared.contract import CategoricalFeature, Contract, FlagFeature, NumericFeature, TermsFeature
from shared.errors import DataError


class KeptTables:
    """Parts of a table, typed as in `Records`, in Arrow's file format.

    The file never has a name: it ends with the process, however that ends.

    Parameters
    ----------
    contract : Contract
        Its recorded features are the columns.
    folder : Path
        Where there is room.
    """

    def __init__(self, contract: Contract, folder: Path) -> None:
        self._schema = pa.schema([(name, _kind(contract, name)) for name in contract.recorded])
        # The same codes in every part, as Arrow's file format wants it.
        self._codes = {
            name: pa.array([each.code for each in feature.codes], type=pa.string())
            for name, feature in contract.recorded.items()
            if isinstance(feature, CategoricalFeature)
        }
        self._folder = folder
        self.sizes: list[int] = []
        self._reader: pa.ipc.RecordBatchFileReader | None = None
        with _told(folder):
            self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - open while it is read
            self._writer = pa.ipc.new_file(self._file, self._schema)

    def add(self, table: pd.DataFrame) -> None:
        """Write one part.

        Raises
        ------
        DataError
            When the disk is full.
        """
        if not len(table):
            return
        columns = [self._column(name, table[name]) for name in self._schema.names]
        with _told(self._folder):
            self._writer.write_batch(pa.record_batch(columns, schema=self._schema))
        self.sizes.append(len(table))

    def finish(self) -> KeptTables:
        """Write the file to its end, and open it for reading.

        Raises
        ------
        DataError
            When the disk is full.
        """
        with _told(self._folder):
            self._writer.close()
            self._file.flush()
            # Read, not mapped: pages of a mapped file count as the process's memory.
            self._reader = pa.ipc.open_file(pa.PythonFile(self._file, mode="r"))
        return self

    def read(self, part: int) -> pd.DataFrame:
        """Return one part."""
        if self._reader is None:
            raise RuntimeError("The tables are not finished.")
        batch = self._reader.get_batch(part)
        return pd.DataFrame(
            {name: _series(batch.column(name)) for name in self._schema.names}, copy=False
        )

    def room(self, shape: tuple[int, int]) -> npt.NDArray[np.float32]:
        """Return an array on the same disk, in a file without a name.

        Raises
        ------
        DataError
            When the disk is full.
        """
        size = shape[0] * shape[1] * np.dtype(np.float32).itemsize
        with _told(self._folder), tempfile.TemporaryFile(dir=self._folder) as file:
            if not size:
                return np.empty(shape, dtype=np.float32)
            # A disk that fills later would end the process at a write to mapped memory.
            os.posix_fallocate(file.fileno(), 0, size)
            return np.memmap(file, dtype=np.float32, mode="r+", shape=shape)

    def _column(self, name: str, column: pd.Series) -> pa.Array:
        if pa.types.is_float64(self._schema.field(name).type):
            # Without nulls, so that reading needs no copy: missing is not-a-number, as in records.
            return pa.array(column.to_numpy(dtype=np.float64), from_pandas=False)
        if name in self._codes:
            places = pd.Index(self._codes[name].to_pylist()).get_indexer(column)
            numbers = pa.array(places, type=pa.int32(), mask=places < 0)
            return pa.DictionaryArray.from_arrays(numbers, self._codes[name])
        values = [None if _is_absent(value) else value for value in column]
        return pa.array(values, type=self._schema.field(name).type)


def _kind(contract: Contract, name: str) -> pa.DataType:
    feature = contract.recorded[name]
    if isinstance(feature, NumericFeature | FlagFeature):
        return pa.float64()
    if isinstance(feature, TermsFeature):
        return pa.list_(pa.string())
    is_coded = isinstance(feature, CategoricalFeature)
    return pa.dictionary(pa.int32(), pa.string()) if is_coded else pa.string()


def _is_absent(value: object) -> bool:
    return value is None or (isinstance(value, float) and np.isnan(value))


def _series(column: pa.Array) -> pd.Series:
    if pa.types.is_float64(column.type):
        return pd.Series(column.to_numpy(zero_copy_only=False), copy=False)
    if pa.types.is_list(column.type):
        return pd.Series([tuple(each) for each in column.to_pylist()], dtype=object)
    if pa.types.is_dictionary(column.type):
        codes = np.array([*column.dictionary.to_pylist(), None], dtype=object)
        places = column.indices.fill_null(len(codes) - 1).to_numpy(zero_copy_only=False)
        return pd.Series(codes[places], dtype=object)
    return pd.Series(column.to_numpy(zero_copy_only=False), dtype=object)


@contextmanager
def _told(folder: Path) -> Iterator[None]:
    """Turn what a full disk causes into an error for people."""
    try:
        yield
    except (OSError, pa.ArrowException):
        raise DataError(
            f"The records do not fit on the disk of {folder}.",
            "Make room there, or raise rows_in_memory in node.toml where memory allows.",
        ) from None
