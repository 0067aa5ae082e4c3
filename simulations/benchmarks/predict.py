"""Answers at the hospital: how fast, and whether a swap of the model loses any."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

from client.home import open_home
from client.serving.services import open_store
from client.serving.settings import read_settings
from simulations.benchmarks.http_load import Load, Order
from simulations.benchmarks.predict_models import Subject, dense, terms
from simulations.benchmarks.predict_parts import parts_of, parts_table
from simulations.benchmarks.predict_servers import (
    Target,
    bare,
    juntos,
    juntos_one_by_one,
    mlflow,
    on_core,
)

CONNECTIONS = 8
SECONDS_BETWEEN_SWAPS = 0.5
Server = Callable[[Subject], AbstractContextManager[Target]]
SERVERS: dict[str, Server] = {
    "": juntos,
    "single_": juntos_one_by_one,
    "bare_": bare,
    "mlflow_": mlflow,
}
WRITES_TIMED = 100


def run_predict(seconds: float, swaps: int, seed: int, console: Console) -> dict[str, Any]:
    """Measure all servers with both models; print the table; return the protocol's keys.

    Parameters
    ----------
    seconds : float
        Of each measurement; there are two for each server and model.
    swaps : int
        Of the model, under load.
    """
    result: dict[str, Any] = {"seconds": seconds, "connections": CONNECTIONS}
    with tempfile.TemporaryDirectory(prefix="juntos-predict-") as folder:
        result["fsync_ms"] = fsync_ms(Path(folder))
        for make in (dense, terms):
            subject = make(Path(folder), seed)
            console.print(f"{subject.name}: a model of {subject.columns} columns")
            figures = measured(subject, seconds)
            shares = parts_of(subject)
            result[subject.name] = {"columns": subject.columns, **figures, "parts_ms": shares}
            console.print(parts_table(subject.name, shares, figures["p50_ms"]))
            if len(subject.bundles) > 1:
                result |= swapped(subject, swaps)
    console.print(table(result))
    console.print(f"The disk keeps a write in {result['fsync_ms']:.2f} ms.")
    console.print(
        f"{result['swaps']} swaps under load: {result['swap_requests']} requests answered, "
        f"{result['swap_failed_requests']} failed"
    )
    return result


def measured(subject: Subject, seconds: float) -> dict[str, float]:
    """Return each server's figures: times of one caller, requests a second of several."""
    found: dict[str, float] = {}
    for name, server in SERVERS.items():
        with server(subject) as target:
            alone = send(target, 1, seconds)
            together = send(target, CONNECTIONS, seconds)
        found |= {
            f"{name}p50_ms": alone.p50_ms,
            f"{name}p99_ms": alone.p99_ms,
            f"{name}requests_per_second": together.requests_per_second,
            f"{name}loaded_p99_ms": together.p99_ms,
            f"{name}failed_requests": alone.failed + together.failed,
        }
    return found


def send(target: Target, connections: int, seconds: float) -> Load:
    """Send requests from a process of its own, on a core of its own where there is one."""
    order = Order(
        port=target.port,
        path=target.path,
        headers=target.headers,
        bodies=target.bodies,
        connections=connections,
        seconds=seconds,
        warm_up=min(1.0, seconds / 4),
    )
    command = [sys.executable, "-P", "-m", "simulations.benchmarks.http_load"]
    with on_core(1):
        done = subprocess.run(
            command, input=msgspec.json.encode(order), capture_output=True, check=True
        )
    return msgspec.json.decode(done.stdout, type=Load)


def swapped(subject: Subject, swaps: int) -> dict[str, int]:
    """Swap the model under load; return how many requests failed."""
    found: list[Load] = []
    home = open_home(subject.home)
    with juntos(subject) as target:
        seconds = 2.0 + swaps * (SECONDS_BETWEEN_SWAPS + 1.0)
        caller = threading.Thread(target=lambda: found.append(send(target, CONNECTIONS, seconds)))
        caller.start()
        # Installed as by another program, such as a deployment: not by the one that answers.
        store = open_store(home, read_settings(home.path), answers=False)
        done = 0
        for number in range(swaps):
            time.sleep(SECONDS_BETWEEN_SWAPS)
            if not caller.is_alive():
                break
            store.install(subject.bundles[(number + 1) % len(subject.bundles)])
            done += 1
        caller.join()
    return {
        "swaps": done,
        "swap_requests": found[0].requests,
        "swap_failed_requests": found[0].failed,
    }


def fsync_ms(folder: Path) -> float:
    """Return the median time in which the disk keeps 4 KiB: no audited answer is faster."""
    times = []
    with (folder / "fsync").open("wb", buffering=0) as file:
        for _ in range(WRITES_TIMED):
            file.write(bytes(4096))
            begun = time.perf_counter()
            os.fsync(file.fileno())
            times.append(1000 * (time.perf_counter() - begun))
    return statistics.median(times)


def table(result: dict[str, Any]) -> Table:
    """Show the servers beside each other."""
    shown = Table(title="predict: one process on one core", title_justify="left", box=None)
    shown.add_column("model")
    shown.add_column("server")
    for title in ("p50 ms", "p99 ms", "requests/s"):
        shown.add_column(title, justify="right")
    words = {
        "": "Juntos, audited",
        "single_": "the same, each by itself",
        "bare_": "FastAPI alone",
        "mlflow_": "mlflow models serve",
    }
    for name in ("dense", "terms"):
        for prefix, server in words.items():
            figures = result[name]
            shown.add_row(
                name,
                server,
                f"{figures[f'{prefix}p50_ms']:.2f}",
                f"{figures[f'{prefix}p99_ms']:.2f}",
                f"{figures[f'{prefix}requests_per_second']:.0f}",
            )
    return shown
