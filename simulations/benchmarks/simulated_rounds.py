"""How long a round takes where nothing is computed: the in-process Grid beside Flower on Ray."""

from __future__ import annotations

import logging
import random
import tempfile
import time
from pathlib import Path

import numpy as np
from flwr.app import Array, ArrayRecord, Context, Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp
from flwr.serverapp import Grid
from flwr.serverapp.strategy import FedAvg

from server.database import open_database
from server.recording_grid import RecordingGrid
from server.run_store import RunStore
from server.storing_observer import StoringObserver
from shared.questions import read_arrays
from shared.run_settings import RunSettings
from shared.session.in_process import AppFactory, InProcessGrid, SimulatedHospital
from simulations.backend import BackendSettings
from simulations.ray_cluster import ray_running, require_ray
from simulations.ray_simulation import partitioned_app, simulate, wait_for_nodes

WEIGHTS = 1000


def simulated_rounds(sites: int, rounds: int, seed: int, with_ray: bool) -> dict[str, object]:
    """Measure FedAvg on a vector of 1,000 numbers, with and without Ray.

    In process a round has everything a run's rounds have: members, checks, and its record in a
    database. One round before those that count starts what is started late.

    Returns
    -------
    dict
        Seconds per round by way, ``None`` for Ray where it was not asked for, and the sites.
    """
    logging.getLogger("flwr").setLevel(logging.ERROR)
    if with_ray:
        require_ray()
    # First, because Ray's processes take a while to end.
    in_process = seconds_in_process(sites, rounds, seed)
    return {
        "ray_seconds_per_round": seconds_with_ray(sites, rounds, seed) if with_ray else None,
        "inprocess_seconds_per_round": in_process,
        "sites": sites,
    }


def site_app(rows: int) -> ClientApp:
    """Return a client that adds one to each weight and says it has so many rows."""
    app = ClientApp()

    @app.train()
    def train(message: Message, _context: Context) -> Message:
        weights = read_arrays(message.content["arrays"])["weights"]
        record = ArrayRecord({"weights": Array(weights + np.float32(1))})
        metrics = MetricRecord({"num-examples": rows, "loss": 0.5})
        return Message(RecordDict({"arrays": record, "metrics": metrics}), reply_to=message)

    return app


def site_factories(sites: int, seed: int) -> list[AppFactory]:
    """Describe clients with different numbers of rows."""
    rows = np.random.default_rng(seed).integers(10, 1000, sites)
    return [AppFactory(site_app, (int(count),)) for count in rows]


def seconds_per_round(grid: Grid, rounds: int, seed: int) -> float:
    """Let Flower's own FedAvg do its rounds; return the mean time of those after the first."""
    random.seed(seed)
    start = ArrayRecord({"weights": Array(np.zeros(WEIGHTS, np.float32))})
    strategy = FedAvg(fraction_evaluate=0.0)
    strategy.start(grid=grid, initial_arrays=start, num_rounds=1)
    begun = time.perf_counter()
    result = strategy.start(grid=grid, initial_arrays=start, num_rounds=rounds)
    seconds = (time.perf_counter() - begun) / rounds
    if not np.allclose(result.arrays["weights"].numpy(), rounds):
        raise AssertionError("FedAvg gave another model than the mean of its clients'")
    return seconds


def seconds_in_process(sites: int, rounds: int, seed: int) -> float:
    """Measure the in-process Grid with round records in a SQLite database."""
    factories = enumerate(site_factories(sites, seed), start=1)
    hospitals = {node: SimulatedHospital(factory) for node, factory in factories}
    names = {node: f"site_{node:06d}" for node in hospitals}
    settings = RunSettings(seed=seed)
    with tempfile.TemporaryDirectory() as folder, InProcessGrid(hospitals) as grid:
        engine = open_database(f"sqlite:///{Path(folder) / 'rounds.db'}")
        store = RunStore(engine)
        observer = StoringObserver(store, store.create(settings, "0" * 64))
        recording = RecordingGrid(grid, names, settings, observer)
        recording.members = set(names)
        recording.begin("neural_network")
        seconds = seconds_per_round(recording, rounds, seed)
        engine.dispose()
    return seconds


def seconds_with_ray(sites: int, rounds: int, seed: int) -> float:
    """Measure Flower's simulation on a Ray of this machine."""
    seconds: list[float] = []

    def carry_out(grid: Grid) -> None:
        wait_for_nodes(grid, sites)
        seconds.append(seconds_per_round(grid, rounds, seed))

    with ray_running(BackendSettings(kind="ray")):
        app = partitioned_app(site_factories(sites, seed))
        simulate(carry_out, app, sites)
    return seconds[0]
