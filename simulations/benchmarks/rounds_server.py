"""The same rounds of FedAvg by stock Flower and by session, timed in one run."""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from flwr.app import ConfigRecord, Context, Message, RecordDict
from flwr.serverapp import Grid, ServerApp
from flwr.serverapp.strategy import FedAvg

from server.background_writer import BackgroundWriter
from server.checkpoint import FileCheckpoint, Progress
from server.enrolment.hospitals import hospital_names
from server.home import CoordinatorHome, open_home
from server.listening import session_endpoint
from server.recording_grid import RecordingGrid
from server.run_store import RunStore
from server.session.grid import SessionGrid
from server.storing_observer import StoringObserver
from server.training_rounds import train_rounds
from shared.errors import JuntosError
from shared.models.base import Arrays
from shared.models.neural_network_settings import NeuralNetworkSettings
from shared.questions import ARRAYS_KEY, array_record, read_arrays
from shared.run_settings import ModelName

NAME: ModelName = "neural_network"
RESULT = "rounds.json"

app = ServerApp()


@app.main()
def main(grid: Grid, context: Context) -> None:
    """Measure, and leave the figures in the coordinator's folder."""
    home = open_home(Path(os.environ["JUNTOS_COORDINATOR_HOME"]))
    target = home.runs / RESULT
    try:
        result = measure(home, grid, Plan.of(context))
    except JuntosError as error:
        result = {"error": str(error)}
    partial = target.with_suffix(".partial")
    partial.write_text(json.dumps(result), encoding="utf-8")
    partial.replace(target)


@dataclass(frozen=True)
class Plan:
    """What to measure: the run's configuration."""

    run: str
    rounds: int
    stock_rounds: int
    values: int

    @classmethod
    def of(cls, context: Context) -> Plan:
        """Read the run's configuration."""
        config = context.run_config
        rounds, stock_rounds, values = (
            int(config[name]) for name in ("rounds", "stock-rounds", "values")
        )
        return cls(str(config["run"]), rounds, stock_rounds, values)


def measure(home: CoordinatorHome, grid: Grid, plan: Plan) -> dict[str, Any]:
    """Time the rounds both ways; both must end with the model that adding gives."""
    result = by_session(home, grid, plan)
    if plan.stock_rounds:
        result |= by_stock_flower(grid, plan, result["hospitals"])
        result["ratio"] = result["stock_seconds_per_round"] / result["session_seconds_per_round"]
    return result


def everyone(hospitals: int) -> FedAvg:
    """Return Flower's own strategy, asking everyone."""
    return FedAvg(
        fraction_train=1.0,
        fraction_evaluate=0.0,
        min_train_nodes=hospitals,
        min_available_nodes=hospitals,
    )


def model_of(values: int) -> Arrays:
    """Return the model before the first round."""
    return {"values": np.zeros(values, dtype=np.float32)}


def by_stock_flower(grid: Grid, plan: Plan, hospitals: int) -> dict[str, Any]:
    """Run Flower's own loop on Flower's own Grid."""
    rounds = plan.stock_rounds
    begun = time.monotonic()
    result = everyone(hospitals).start(
        grid, array_record(model_of(plan.values)), num_rounds=rounds, timeout=600
    )
    seconds = (time.monotonic() - begun) / rounds
    refuse_wrong(read_arrays(result.arrays), rounds)
    return {"stock_seconds_per_round": seconds, "stock_rounds": rounds}


def by_session(home: CoordinatorHome, grid: Grid, plan: Plan) -> dict[str, Any]:
    """Run with all that a real run has: deadlines, round records, a checkpoint after each round."""
    run, rounds = plan.run, plan.rounds
    store = RunStore(home.engine())
    settings = store.read(run).settings
    begun = time.monotonic()
    logging.getLogger("flwr").setLevel(logging.WARNING)
    with (
        BackgroundWriter() as writer,
        SessionGrid(
            grid, session_endpoint(home), settings.session, settings.join_timeout
        ) as session,
    ):
        observer = StoringObserver(store, run, writer.write)
        names = hospital_names(home.engine())
        recording = RecordingGrid(session, names, settings, observer)
        members = set(recording.get_node_ids())
        recording.members = members
        opened = time.monotonic() - begun
        # In a real run the first question is for summaries; hospitals are warm when rounds begin.
        warm_up(recording, plan.values)
        recording.begin(NAME)
        keep = keeping(FileCheckpoint(home.checkpoint(run), writer.write))
        begun = time.monotonic()
        last = train_rounds(
            everyone(len(members)),
            recording,
            Progress(0, model_of(plan.values)),
            NeuralNetworkSettings(rounds=rounds),
            ConfigRecord(),
            keep,
        )
        writer.flush()
        seconds = (time.monotonic() - begun) / rounds
    logging.getLogger("flwr").setLevel(logging.INFO)
    refuse_wrong(last.arrays, rounds)
    records = recording.records[1:]
    return {
        "session_seconds_per_round": seconds,
        "session_rounds": rounds,
        "session_opened_seconds": opened,
        "hospitals": len(members),
        "bytes_sent_per_round": sum(each.bytes_sent for each in records) / rounds,
        "bytes_received_per_round": sum(each.bytes_received for each in records) / rounds,
        "without_stream": records[-1].without_stream,
    }


def warm_up(grid: Grid, values: int) -> None:
    """Ask everyone once."""
    content = RecordDict({ARRAYS_KEY: array_record(model_of(values))})
    messages = [Message(content, node, "train") for node in grid.get_node_ids()]
    list(grid.send_and_receive(messages, timeout=60))


def keeping(checkpoint: FileCheckpoint) -> Callable[[Progress], None]:
    """Return what a run does after each round."""
    return lambda progress: checkpoint.save_progress(NAME, progress)


def refuse_wrong(arrays: Arrays, rounds: int) -> None:
    """Refuse figures of rounds that did not do what they should: add one each."""
    if not np.allclose(arrays["values"], rounds):
        raise JuntosError("the rounds did not end with the model they should")
