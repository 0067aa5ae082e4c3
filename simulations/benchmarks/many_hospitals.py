"""A thousand hospitals on one machine: the heart model, trained by all of them."""

from __future__ import annotations

import os
import resource
import time
from pathlib import Path

import numpy as np

from shared.contract import Contract, load_contract
from shared.metrics import merge_evaluations
from shared.records import Records
from simulations.backend import BackendSettings
from simulations.benchmarks.heart import binary_settings, read_hospitals
from simulations.in_process import run_in_process

# Rows that each hospital draws, with replacement, from those of the four.
ROWS = 40


def train_many_hospitals(number: int, data: Path, seed: int) -> dict[str, float | None]:
    """Let many hospitals, with rows drawn from the four real ones, train a neural network.

    Each draws from one of the four, with replacement, so that they differ as these do. The figure
    says that it learned; it is no measure of the model, since hospitals share patients.
    """
    contract = load_contract("heart_disease")
    hospitals = draw_hospitals(contract, data, number, seed)
    settings = binary_settings("neural_network", seed)
    started = time.perf_counter()
    backend = BackendSettings(kind="processes", workers=os.cpu_count() or 1)
    result = run_in_process(contract, hospitals, settings, backend=backend)
    seconds = time.perf_counter() - started
    scores = merge_evaluations(
        each["neural_network"] for each in result.federated.values()
    ).scores()["group"]
    return {
        "simulated_hospitals": len(hospitals),
        "simulated_hospitals_seconds": seconds,
        "simulated_hospitals_rows": sum(map(len, hospitals.values())),
        "simulated_hospitals_auc": scores.auc,
        "simulated_hospitals_peak_gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
    }


def draw_hospitals(contract: Contract, data: Path, number: int, seed: int) -> dict[str, Records]:
    """Return hospitals of `ROWS` rows each, drawn from the four in turn."""
    sources = list(read_hospitals(contract, data, zero_is_missing=True).values())
    generator = np.random.default_rng(seed)
    found = {}
    for place in range(number):
        records = sources[place % len(sources)]
        found[f"Hospital {place + 1:04}"] = records.take(generator.integers(0, len(records), ROWS))
    return found
