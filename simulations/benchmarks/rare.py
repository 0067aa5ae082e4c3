"""Common and rare classes together: what each way of helping the rare ones brings and costs.

Four real hospitals with grades of heart disease, the highest of which is rare, in repeated 5-fold
cross-validation; and SIMULATED patients of 17 diseases, 12 of them rare, with fresh hospitals and
fresh test patients in every repetition.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import Progress

from client.training.local_models import judge
from shared.contract import Contract, load_contract
from shared.ontology import HumanPhenotypeOntology
from shared.records import Records
from shared.run_settings import ModelName, RunSettings, run_settings
from simulations.benchmarks.heart import judge_all, read_hospitals
from simulations.benchmarks.rare_figures import Figures, gains, means, rare_figures
from simulations.benchmarks.rare_tables import print_rare
from simulations.benchmarks.rare_ways import REFERENCE, Settings, ways_of, ways_with_start
from simulations.in_process import run_in_process
from simulations.knowledge import pretrain, records_of, sampled_records
from simulations.patients import PatientSampler
from simulations.simulated_hospitals import SIMULATED_HOSPITALS

FOLDS = 5
TEST_PATIENTS = 15
KNOWLEDGE_PATIENTS = 150
# Seeds of what is published differ from those of hospitals: nobody knows the true frequencies.
KNOWLEDGE_SEED = 1000
WAYS_TRAINED = ("federated", "pooled", "local")

# By kind, by way, by who trained: one entry for each repetition.
Runs = dict[str, dict[str, dict[str, list[Figures]]]]


def run_rare(
    data: Path | None, repetitions: int, seeds: int, kinds: list[ModelName], console: Console
) -> dict[str, Any]:
    """Run both parts and print each part's tables; without data, the simulated part only."""
    result: dict[str, Any] = {}
    if data is not None:
        contract = load_contract("heart_disease")
        hospitals = read_hospitals(contract, data, zero_is_missing=True)
        total = repetitions * FOLDS * sum(len(ways_of(kind)) for kind in kinds)
        with Progress(console=console, transient=True) as progress:
            task = progress.add_task("heart", total=total)
            runs = heart_runs(
                contract, hospitals, repetitions, kinds, lambda: progress.advance(task)
            )
        result["heart"] = summaries(runs, 1 / (FOLDS - 1))
        print_rare(console, "heart", result["heart"])
    if seeds:
        result["simulated"] = simulated(seeds, console)
        print_rare(console, "simulated", result["simulated"])
    return result


def simulated(seeds: int, console: Console) -> dict[str, Any]:
    """Train a network in every way over federations of simulated patients."""
    runs: Runs = {"neural_network": {}}
    with Progress(console=console, transient=True) as progress:
        for seed in progress.track(range(seeds), description="simulated patients"):
            simulated_run(seed, runs["neural_network"])
    return summaries(runs, 0)


def heart_runs(
    contract: Contract,
    hospitals: Mapping[str, Records],
    repetitions: int,
    kinds: list[ModelName],
    advance: Callable[[], None],
) -> Runs:
    """Train every kind in every way on every fold: federated, pooled and alone."""
    runs: Runs = {}
    for kind in kinds:
        for way, changes in ways_of(kind).items():
            found = runs.setdefault(kind, {}).setdefault(way, {each: [] for each in WAYS_TRAINED})
            for repetition in range(repetitions):
                for fold in range(FOLDS):
                    settings = heart_settings(kind, changes, repetition, fold)
                    for trained, judged in judge_all(contract, hospitals, settings).items():
                        evaluations = [models[kind] for models in judged.values()]
                        found[trained].append(rare_figures(contract, evaluations))
                    advance()
    return runs


def heart_settings(kind: ModelName, changes: Settings, repetition: int, fold: int) -> RunSettings:
    """Return the settings of one fold."""
    content = {
        "models": [kind],
        "seed": repetition,
        "holdout": {"folds": FOLDS, "fold": fold, "seed": repetition},
        **changes,
    }
    return run_settings(content, [], "bench rare")


def simulated_run(seed: int, runs: dict[str, dict[str, list[Figures]]]) -> None:
    """Draw hospitals, and train a network over them in every way."""
    contract, ontology = load_contract("rare_disease"), HumanPhenotypeOntology()
    sampler = PatientSampler(contract, ontology, seed)
    generator = np.random.default_rng([seed, 1])
    everyone = dict.fromkeys(contract.leaves, TEST_PATIENTS)
    training, test = {}, []
    for each in SIMULATED_HOSPITALS:
        drawn = sampler.sample(each.case_mix, each.habits, generator)
        training[each.name] = records_of(contract, drawn)
        test.append(records_of(contract, sampler.sample(everyone, each.habits, generator)))
    known = sampled_records(contract, ontology, KNOWLEDGE_PATIENTS, KNOWLEDGE_SEED + seed)
    with tempfile.TemporaryDirectory() as folder:
        start = pretrain(contract, simulated_settings({}, seed), known, Path(folder))
        ways = {**ways_of("neural_network"), **ways_with_start(str(start))}
        # These need held-out rows at hospitals, which are too few to spare here.
        for unfit in ("thresholds", "own last layers", "fine-tuned at hospitals"):
            ways.pop(unfit)
        for way, changes in ways.items():
            settings = simulated_settings(changes, seed)
            result = run_in_process(contract, training, settings)
            evaluations = [
                judge(contract, records, settings, result.preparation, result.models)
                for records in test
            ]
            figures = rare_figures(contract, [each["neural_network"] for each in evaluations])
            runs.setdefault(way, {"federated": []})["federated"].append(figures)


def simulated_settings(changes: Settings, seed: int) -> RunSettings:
    """Return the settings of one run; all rows are trained on, others are drawn to judge by."""
    content = {
        "models": ["neural_network"],
        "seed": seed,
        "compare_alone": False,
        "holdout": {"test_share": 0},
        "calibration": {"method": "none"},
        **changes,
    }
    return run_settings(content, [], "bench rare")


def summaries(runs: Runs, test_to_training: float) -> dict[str, Any]:
    """Return for each kind and way: means, and what it gains on the default and on others."""
    found: dict[str, Any] = {}
    for kind, ways in runs.items():
        for way, trained in ways.items():
            federated = trained["federated"]
            others = {each: runs for each, runs in trained.items() if each != "federated"}
            rivals = {"default": ways[REFERENCE]["federated"], **others}
            found.setdefault(kind, {})[way] = {
                **{each: means(figures) for each, figures in trained.items()},
                "gains": {
                    name: gains(federated, rival, test_to_training)
                    for name, rival in rivals.items()
                },
            }
    return found
