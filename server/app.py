"""The Flower ServerApp: one run of the federation, from the hospitals' answers to the registry."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Iterator
from pathlib import Path

from flwr.app import Context
from flwr.serverapp import Grid, ServerApp

from server.background_writer import BackgroundWriter
from server.bundling import write_bundles
from server.checkpoint import FileCheckpoint
from server.enrolment.hospitals import hospital_names
from server.federation import Federation
from server.federation_result import FederationResult
from server.home import CoordinatorHome, open_home
from server.listening import session_endpoint
from server.message_grid import MessageGrid
from server.results import result_figures
from server.run_store import RunStatus, RunStore
from server.session.grid import SessionGrid
from server.storing_observer import StoringObserver
from server.tracking import Tracker
from shared.errors import JuntosError, SettingsError
from shared.run_settings import RunSettings

log = logging.getLogger("juntos.coordinator")

app = ServerApp()


@app.main()
def main(grid: Grid, context: Context) -> None:
    """Carry out the run that the coordinator's database holds the settings of."""
    home = open_home(Path(os.environ["JUNTOS_COORDINATOR_HOME"]))
    store = RunStore(home.engine())
    run = str(context.run_config["run"])
    try:
        result = train(home, store, run, grid)
        status, message = outcome(result)
        store.finish(run, status, message, publish(home, store, run, result))
    except JuntosError as error:
        store.finish(run, "failed", str(error))
        log.error("%s failed: %s", run, error)
    except Exception as error:
        store.finish(run, "failed", f"internal error ({type(error).__name__}); see the log")
        raise


def train(home: CoordinatorHome, store: RunStore, run: str, grid: Grid) -> FederationResult:
    """Ask the hospitals everything the run's settings call for."""
    store.change(run, status="running")
    settings = store.read(run).settings
    names = hospital_names(home.engine())
    earlier = store.rounds(run)
    # Rounds are on the terminal already; Flower's lines about each would only fill its log.
    logging.getLogger("flwr").setLevel(logging.WARNING)
    with BackgroundWriter() as writer, opened(grid, home, settings) as way:
        observer = StoringObserver(store, run, writer.write)
        checkpoint = FileCheckpoint(home.checkpoint(run), writer.write)
        federation = Federation(
            way, names, home.contract(), settings, observer, checkpoint, earlier
        )
        return federation.run()


@contextlib.contextmanager
def opened(grid: Grid, home: CoordinatorHome, settings: RunSettings) -> Iterator[Grid]:
    """Open the way to the hospitals that the settings name."""
    if settings.transport == "flower":
        yield MessageGrid(grid)
        return
    try:
        session = SessionGrid(grid, session_endpoint(home), settings.session, settings.join_timeout)
    except SettingsError as error:
        log.warning("%s Hospitals are asked by Flower's own messages.", error)
        yield MessageGrid(grid, error.what)
        return
    with session:
        yield session


def outcome(result: FederationResult) -> tuple[RunStatus, str]:
    """Say honestly how the run went: complete only if no hospital was missing from any round."""
    count = len(result.hospitals)
    if not result.left_out:
        return "completed", f"{count} hospitals took part in every round"
    reasons = "; ".join(f"{name} ({reason})" for name, reason in result.left_out.items())
    return "partial", f"left out of part of the run: {reasons}"


def publish(
    home: CoordinatorHome, store: RunStore, run: str, result: FederationResult
) -> dict[str, object]:
    """Write the bundles, record the run in MLflow, register the models; return all figures."""
    store.change(run, message="writing bundles and recording the run")
    settings = store.read(run).settings
    bundles = write_bundles(home.runs / run, run, settings, result)
    tracker = Tracker(home.mlflow_url, home.artifacts, home.settings.name)
    contract_hash = home.contract().hash
    registered = tracker.record(run, settings, contract_hash, result, bundles)
    return {
        **result_figures(result),
        "registered": {name: vars(each) for name, each in registered.items()},
        "bundles": {name: str(folder) for name, folder in bundles.items()},
        "tracking": home.mlflow_url,
    }
