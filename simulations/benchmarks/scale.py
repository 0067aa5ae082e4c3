"""How far it goes: statistics over many rows, many simulated hospitals, many streams."""

from __future__ import annotations

import multiprocessing
import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from rich.console import Console
from rich.table import Table

from simulations.benchmarks.large_statistics import describe_rows, keep_rows, summarise_rows
from simulations.benchmarks.many_hospitals import train_many_hospitals
from simulations.benchmarks.streams import run_streams

Result = TypeVar("Result")


def run_scale(
    rows: int, hospitals: int, streams: int, data: Path | None, seed: int, console: Console
) -> dict[str, Any]:
    """Measure all three; each in a process of its own, whose peak of memory is that part's alone.

    Parameters
    ----------
    rows : int
        Of 50 columns at one node.
    hospitals : int
        Simulated, training the heart model.
    streams : int
        Light hospitals at one coordinator.
    data : Path or None
        Folder of the four heart hospitals; nothing is trained without it.
    """
    results = {**measure_statistics(rows, seed, console)}
    if data is not None:
        results |= _alone(train_many_hospitals, hospitals, data, seed)
        console.print(
            f"{hospitals:,} hospitals trained in {results['simulated_hospitals_seconds']:.0f} s "
            f"(AUC {results['simulated_hospitals_auc']:.3f}, "
            f"{results['simulated_hospitals_peak_gib']:.2f} GiB)"
        )
    found = run_streams(streams, 20, 1_000, console)
    return (
        results
        | {f"streams_{key}": value for key, value in found.items()}
        | {
            "streams": found["streams"],
            "megabytes_per_stream": found["megabytes_per_stream"],
        }
    )


def measure_statistics(rows: int, seed: int, console: Console) -> dict[str, Any]:
    """Summarise rows that are on the disk, and describe the same rows with pandas."""
    with tempfile.TemporaryDirectory(prefix="juntos-scale-") as folder:
        kept = Path(folder) / "rows.parquet"
        columns = _alone(keep_rows, kept, rows, seed)
        ours = _alone(summarise_rows, kept)
        theirs = _alone(describe_rows, kept)
        size = kept.stat().st_size
    results = {
        "rows": rows,
        "columns": columns,
        "file_megabytes": size / 1e6,
        "statistics_rows_per_second": rows / ours["seconds"],
        "statistics_with_reading_rows_per_second": rows / (ours["seconds"] + ours["reading"]),
        "peak_gib": ours["peak_gib"],
        "pandas_rows_per_second": rows / theirs["seconds"],
        "pandas_with_reading_rows_per_second": rows / (theirs["seconds"] + theirs["reading"]),
        "pandas_peak_gib": theirs["peak_gib"],
    }
    table = Table(box=None, title=f"Statistics of {rows:,} rows of {columns} columns")
    for title in ("", "rows a second", "with reading", "peak memory, GiB"):
        table.add_column(title, justify="left" if not title else "right")
    for name, prefix in (("federated summary", "statistics"), ("pandas describe()", "pandas")):
        peak = results["peak_gib" if prefix == "statistics" else "pandas_peak_gib"]
        speeds = [results[f"{prefix}{how}_rows_per_second"] for how in ("", "_with_reading")]
        table.add_row(name, *[f"{speed:,.0f}" for speed in speeds], f"{peak:.2f}")
    console.print(table)
    return results


def _alone(function: Callable[..., Result], *arguments: object) -> Result:
    """Run a function in a fresh process, which may start others."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()
