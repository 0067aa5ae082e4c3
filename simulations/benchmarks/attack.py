"""Attacking models that were trained with care and by heart: the attacks find the leak there is.

Each kind of model is trained federated, and attacked by the losses of its rows, as in a review, and
by guessing features. Shadow models of the same settings, each trained on a random half of all rows
in one place, are attacked by their losses and by likelihood ratios.
"""

from __future__ import annotations

import logging
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console

from client.training.attribute_guesses import frequencies, guess
from client.training.shadow_models import train_shadows
from server.attacking import risk_of
from server.federation import Federation, Plan
from server.federation_result import FederationResult
from shared.attacks import AttributeCounts
from shared.holdout import split
from shared.metrics import merge_evaluations
from shared.records import Records, concatenate
from shared.run_settings import MODEL_NAMES, ModelName, RunSettings
from shared.session.in_process import InProcessGrid, SimulatedHospital
from simulations.benchmarks.attack_cases import (
    WAYS,
    Population,
    heart_patients,
    simulated_patients,
)
from simulations.benchmarks.attack_tables import print_tables
from simulations.hospital_apps import app_factories
from simulations.shadow_models import AttackedModels
from simulations.silence import Silent

Parts = list[tuple[Records, Records]]


def run_attack(data: Path | None, shadows: int, seed: int, console: Console) -> dict[str, Any]:
    """Attack every kind of model, trained with care and by heart; print the tables.

    Parameters
    ----------
    data : Path or None
        Folder of the four heart hospitals; simulated patients without it.
    shadows : int
        Shadow models of each target.
    """
    begun = time.monotonic()
    # What Flower says of each round would drown the tables.
    logging.getLogger("flwr").setLevel(logging.ERROR)
    patients = heart_patients(data) if data else simulated_patients(seed)
    models: dict[str, dict[str, Any]] = {name: {} for name in MODEL_NAMES}
    for name in MODEL_NAMES:
        for way in WAYS:
            console.print(f"{name} {way}", style="dim")
            settings = patients.run_settings(name, way, seed)
            models[name][way] = attack(patients, settings, name, shadows)
    result = {
        "title": patients.title,
        "models": models,
        "guessed": list(patients.guessed),
        "shadows": shadows,
        "seconds": time.monotonic() - begun,
    }
    print_tables(result, console)
    return result


def attack(
    patients: Population, settings: RunSettings, name: ModelName, shadows: int
) -> dict[str, Any]:
    """Train one kind of model federated and attack it in every way; return the figures."""
    result = train(patients, settings)
    merged = merge_evaluations(each[name] for each in result.federated.values())
    risk = risk_of(result.attacks.membership, name)
    view = result.contract
    parts = [
        split(view, settings.task.records(patients.contract, records), settings.holdout)
        for records in patients.hospitals.values()
    ]
    everyone = concatenate([records for part in parts for records in part])
    models = AttackedModels.of(train_shadows(view, everyone, settings, name, shadows + 1))
    return {
        "auc": merged.scores()["finest"].auc,
        "membership": risk.model_dump() if risk else None,
        "shadows_by_loss": asdict(models.by_loss()),
        "likelihood_ratio": asdict(models.by_likelihood_ratio()),
        "attributes": {
            feature: guesses(result, settings, name, feature, parts) for feature in patients.guessed
        },
    }


def train(patients: Population, settings: RunSettings) -> FederationResult:
    """Carry out a federated run that ends with the attack of a review."""
    names = dict(enumerate(patients.hospitals, start=1))
    factories = app_factories(patients.contract, patients.hospitals)
    nodes = {node: SimulatedHospital(factories[name]) for node, name in names.items()}
    plan = Plan(attack=True, calibrate=False)
    with InProcessGrid(nodes) as grid:
        return Federation(grid, names, patients.contract, settings, Silent(), plan=plan).run()


def guesses(
    result: FederationResult, settings: RunSettings, name: ModelName, feature: str, parts: Parts
) -> dict[str, float] | None:
    """Guess one feature of all hospitals' training rows and held-out rows."""
    view = result.contract
    trained = (settings, result.preparation, name, result.models[name])
    prior = frequencies(view, [training for training, _ in parts], feature)
    counts = []
    for training, held_out in parts:
        member_hits, members = guess(view, training, feature, prior, trained)
        other_hits, others = guess(view, held_out, feature, prior, trained)
        counts.append(
            AttributeCounts(
                member_hits=member_hits, members=members, other_hits=other_hits, others=others
            )
        )
    risk = AttributeCounts.sum(counts).risk()
    return risk.model_dump() if risk else None
