"""How long a hospital's check of a large Parquet file takes, and how much memory."""

from __future__ import annotations

import multiprocessing
import resource
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from rich.console import Console
from rich.table import Table

from shared.contract import Contract, load_contract
from simulations.fixture_hospitals.flat_files import LABEL, PATIENT, plain_mapping
from simulations.local_files import write_mapping

CONTRACT = "heart_disease"
# Rows that are made, and stand in a row group of the file, at a time.
PART_ROWS = 500_000
MISSING_SHARE = 0.1


def run_parquet_source(rows: int, seed: int, console: Console) -> dict[str, Any]:
    """Write a file, check it in a process of its own, print the table; return the figures."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        columns = write_large_file(load_contract(CONTRACT), folder / "patients.parquet", rows, seed)
        write_mapping(plain_mapping({"kind": "parquet", "path": "patients.parquet"}), folder)
        size = (folder / "patients.parquet").stat().st_size
        # A fresh process, whose peak of memory is the check's alone.
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            measured = pool.apply(check, (str(folder / "mapping.toml"),))
    results = {"rows": rows, "columns": columns, "megabytes": size / 1e6, **measured}
    _print(results, console)
    return results


def write_large_file(contract: Contract, path: Path, rows: int, seed: int) -> int:
    """Write patients without any sense: only their number and types matter; return the columns."""
    generator = np.random.default_rng(seed)
    sizes = [min(PART_ROWS, rows - start) for start in range(0, rows, PART_ROWS)]
    first = _part(contract, generator, 0, sizes[0])
    with pq.ParquetWriter(path, first.schema) as writer:
        writer.write_table(first)
        for number, size in enumerate(sizes[1:], 1):
            writer.write_table(_part(contract, generator, number * PART_ROWS, size))
    return len(first.column_names)


def check(mapping: str) -> dict[str, float]:
    """Check a source as `juntos node check` does; return seconds, megabytes and rows."""
    from client.sources import check_records

    started = time.perf_counter()
    found = check_records(load_contract(CONTRACT), mapping)
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "good_rows": found.good_rows,
        "seconds": time.perf_counter() - started,
        "cpu_seconds": used.ru_utime + used.ru_stime,
        "peak_megabytes": used.ru_maxrss / 1024,
    }


def _part(contract: Contract, generator: np.random.Generator, start: int, rows: int) -> pa.Table:
    columns = {PATIENT: pa.array([f"P{number:09}" for number in range(start, start + rows)])}
    for name, feature in contract.recorded.items():
        gone = generator.random(rows) < MISSING_SHARE
        if feature.kind == "numeric":
            values = generator.uniform(feature.minimum, feature.maximum, rows)
            columns[name] = pa.array(values, mask=gone)
        elif feature.kind == "flag":
            columns[name] = pa.array(generator.random(rows) < 0.5, mask=gone)
        elif feature.kind == "categorical":
            columns[name] = _words([each.code for each in feature.codes], generator, gone)
    columns[LABEL] = _words(contract.leaves, generator, np.zeros(rows, dtype=np.bool_))
    return pa.table(columns)


def _words(
    words: list[str], generator: np.random.Generator, gone: np.ndarray[Any, np.dtype[np.bool_]]
) -> pa.Array:
    places = pa.array(generator.integers(0, len(words), len(gone)), mask=gone)
    return pa.DictionaryArray.from_arrays(places, pa.array(words)).cast(pa.string())


def _print(results: dict[str, Any], console: Console) -> None:
    table = Table(box=None, title=f"{results['rows']:,} rows of {results['columns']} columns")
    for title in ("file, MB", "seconds", "seconds of one core", "peak memory, MB"):
        table.add_column(title, justify="right")
    names = ("megabytes", "seconds", "cpu_seconds", "peak_megabytes")
    table.add_row(*[f"{results[name]:.0f}" for name in names])
    console.print(table)
