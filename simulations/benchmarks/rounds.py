"""What a federated round costs: stock Flower's Grid against the session, on one federation."""

from __future__ import annotations

import hashlib
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import tomli_w
from flwr.cli.build import build_fab_from_disk
from rich.console import Console
from rich.table import Table

from server.flower_command import CONNECTION, flower_command
from server.flower_run import run_status
from server.home import CoordinatorHome, open_home
from server.run_store import RunStore
from shared.errors import JuntosError
from shared.run_settings import RunSettings
from simulations.benchmarks.rounds_server import RESULT
from simulations.demo.commands import run_command
from simulations.demo.federation import prepare_folder, running_federation
from simulations.hospitals import write_simulated_hospitals

HOSPITALS = 3
VALUES = 1_000
SECONDS_PER_STOCK_ROUND = 120
POLL_SECONDS = 0.5
LIVENESS_SECONDS = 30.0

APP = {
    "build-system": {"requires": ["hatchling"], "build-backend": "hatchling.build"},
    "project": {
        "name": "rounds",
        "version": "0.1.0",
        "description": "Adds one to a vector, round by round.",
        "license": {"file": "LICENSE"},
        "dependencies": ["flwr>=1.41.0"],
    },
    "tool": {
        "flwr": {
            "app": {
                "publisher": "juntos",
                "fab-format-version": 1,
                "flwr-version-target": "1.41.0",
                "components": {
                    "serverapp": "simulations.benchmarks.rounds_server:app",
                    "clientapp": "simulations.benchmarks.rounds_client:app",
                },
                "config": {"run": "", "rounds": 0, "stock-rounds": 0, "values": 0},
            }
        }
    },
}


def run_rounds(rounds: int, stock_rounds: int, values: int, console: Console) -> dict[str, Any]:
    """Start a coordinator and three nodes with TLS, and time rounds of FedAvg both ways.

    Parameters
    ----------
    rounds, stock_rounds : int
        By session, and by stock Flower; 0 leaves stock Flower out.
    values : int
        Length of the vector, in float32.
    """
    with tempfile.TemporaryDirectory(prefix="juntos-rounds-") as root:
        folder = prepare_folder(Path(root) / "federation")
        hospitals = write_simulated_hospitals(folder.data, 0)[:HOSPITALS]
        with running_federation(folder, hospitals, "rare_disease", console):
            home = open_home(folder.coordinator)
            app = write_app(home)
            code = hashlib.sha256(build_fab_from_disk(app)).hexdigest()
            for hospital in hospitals:
                run_command("node", "approve", code, "--home", str(folder.node(hospital.name)))
            flower_run = start(home, app, rounds, stock_rounds, values)
            console.print(f"  {rounds} rounds by session, {stock_rounds} by stock Flower")
            result = wait_for_result(home, flower_run, 300 + SECONDS_PER_STOCK_ROUND * stock_rounds)
    if "error" in result:
        raise JuntosError(f"The rounds failed: {result['error']}")
    result["values"] = values
    console.print(table_of(result))
    return result


def write_app(home: CoordinatorHome) -> Path:
    """Write the benchmark's own Flower app, which each hospital has to approve."""
    app = home.flower / "rounds"
    app.mkdir()
    (app / "pyproject.toml").write_text(tomli_w.dumps(APP), encoding="utf-8")
    (app / "README.md").write_text("Adds one to a vector, round by round.", encoding="utf-8")
    (app / "LICENSE").write_text("Apache-2.0", encoding="utf-8")
    return app


def start(home: CoordinatorHome, app: Path, rounds: int, stock_rounds: int, values: int) -> str:
    """Start the Flower run; return Flower's identifier of it."""
    settings = RunSettings(minimum_hospitals=HOSPITALS)
    run = RunStore(home.engine()).create(settings, home.contract().hash)
    config = f'run="{run}" rounds={rounds} stock-rounds={stock_rounds} values={values}'
    answer = flower_command(home, "run", str(app), CONNECTION, "--run-config", config)
    return str(answer["run-id"])


def wait_for_result(home: CoordinatorHome, flower_run: str, seconds: float) -> dict[str, Any]:
    """Wait for the figures that the ServerApp leaves.

    Raises
    ------
    JuntosError
        When it ends without, or takes too long.
    """
    target = home.runs / RESULT
    deadline = time.monotonic() + seconds
    look = time.monotonic() + LIVENESS_SECONDS
    while not target.exists():
        time.sleep(POLL_SECONDS)
        ended = time.monotonic() > deadline
        # Asking Flower starts a process, which the rounds would feel.
        if time.monotonic() > look:
            look = time.monotonic() + LIVENESS_SECONDS
            ended = ended or run_status(home, flower_run).startswith("finished")
        if ended and not target.exists():
            log = (home.logs / "superlink.log").read_text(errors="replace").splitlines()[-20:]
            raise JuntosError("The rounds ended without figures:\n" + "\n".join(log))
    found: dict[str, Any] = json.loads(target.read_text(encoding="utf-8"))
    return found


def table_of(result: dict[str, Any]) -> Table:
    """Return the figures for people."""
    table = Table(box=None, title=f"One round, {result['hospitals']} hospitals, TLS")
    table.add_column("way")
    table.add_column("seconds a round", justify="right")
    table.add_column("rounds", justify="right")
    if "stock_rounds" in result:
        table.add_row(
            "stock Flower",
            f"{result['stock_seconds_per_round']:.2f}",
            str(result["stock_rounds"]),
        )
    table.add_row(
        "session",
        f"{result['session_seconds_per_round']:.4f}",
        str(result["session_rounds"]),
    )
    return table
