"""Statistics over rows that are more than a hospital usually has: ours beside pandas' own."""

from __future__ import annotations

import resource
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from client.sources.kept_tables import KeptTables
from shared.contract import Contract
from shared.records_in_parts import RecordsInParts
from shared.statistics import summarise

NUMBERS, FLAGS, CATEGORIES = 40, 5, 5
CLASSES = ("none", "disease")
CODES = ("a", "b", "c", "d")
PART_ROWS = 20_000
MISSING_SHARE = 0.1


def wide_contract() -> Contract:
    """Return an invented contract of 50 features: numbers, flags and codes."""
    numbers = [
        {"name": f"number_{place}", "kind": "numeric", "unit": "1", "minimum": 0, "maximum": 1}
        | {"description": "A number", "bins": 50}
        for place in range(NUMBERS)
    ]
    flags = [
        {"name": f"flag_{place}", "kind": "flag", "description": "Yes or no"}
        for place in range(FLAGS)
    ]
    codes = [{"code": code, "name": code} for code in CODES]
    categories = [
        {"name": f"category_{place}", "kind": "categorical", "description": "A code"}
        | {"codes": codes}
        for place in range(CATEGORIES)
    ]
    classes = [{"code": code, "name": code, "frequency": "common"} for code in CLASSES]
    return Contract.model_validate(
        {
            "name": "wide",
            "version": "1.0.0",
            "description": "Fifty invented features",
            "identifying_fields": [],
            "feature": [*numbers, *flags, *categories],
            "target": classes,
        }
    )


def keep_rows(path: Path, rows: int, seed: int) -> int:
    """Write invented rows as Parquet; return the columns, the label aside."""
    contract, generator = wide_contract(), np.random.default_rng(seed)
    with pq.ParquetWriter(path, _table(contract, generator, 1).schema) as writer:
        for start in range(0, rows, PART_ROWS):
            writer.write_table(_table(contract, generator, min(PART_ROWS, rows - start)))
    return len(contract.recorded)


def summarise_rows(path: Path) -> dict[str, float]:
    """Summarise all rows as a hospital does whose records are on its disk."""
    contract = wide_contract()
    started = time.perf_counter()
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        kept, labels = KeptTables(contract, Path(folder)), []
        for table in _tables(path):
            places = pd.Index(CLASSES).get_indexer(pd.Index(table.pop("label")))
            labels.append(np.array(CLASSES, dtype=object)[places])
            kept.add(table)
        records = RecordsInParts(kept.finish(), np.concatenate(labels))
        read = time.perf_counter()
        summary = summarise(contract, records)
    ended = time.perf_counter()
    return {"rows": summary.rows, "reading": read - started, "seconds": ended - read, **_peak()}


def describe_rows(path: Path) -> dict[str, float]:
    """Describe all rows with pandas, which holds them in memory."""
    started = time.perf_counter()
    table = pd.read_parquet(path)
    read = time.perf_counter()
    table.describe(include="all")
    ended = time.perf_counter()
    return {"rows": len(table), "reading": read - started, "seconds": ended - read, **_peak()}


def _tables(path: Path) -> Iterator[pd.DataFrame]:
    with pq.ParquetFile(path) as file:
        # Read in one go, a file's pages stay in memory until its end.
        for group in range(file.num_row_groups):
            yield file.read_row_group(group).to_pandas()


def _table(contract: Contract, generator: np.random.Generator, rows: int) -> pa.Table:
    columns: dict[str, pa.Array] = {}
    for name, feature in contract.recorded.items():
        gone = generator.random(rows) < MISSING_SHARE
        if feature.kind == "categorical":
            columns[name] = _codes(CODES, generator, rows, gone)
        elif feature.kind == "flag":
            columns[name] = pa.array((generator.random(rows) < 0.5).astype(float), mask=gone)
        else:
            columns[name] = pa.array(generator.random(rows), mask=gone)
    columns["label"] = _codes(CLASSES, generator, rows, None)
    return pa.table(columns)


def _codes(
    codes: tuple[str, ...],
    generator: np.random.Generator,
    rows: int,
    gone: np.ndarray[tuple[int], np.dtype[np.bool_]] | None,
) -> pa.Array:
    places = pa.array(generator.integers(0, len(codes), rows), mask=gone)
    return pa.DictionaryArray.from_arrays(places, pa.array(codes)).cast(pa.string())


def _peak() -> dict[str, float]:
    return {"peak_gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20}
