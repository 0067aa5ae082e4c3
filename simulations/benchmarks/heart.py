"""Four real hospitals.

The binary task is FLamby's Fed-Heart-Disease (Ogier du Terrail et al. 2022): ten features, complete
rows, disease or not, fixed held-out rows. The full task beside it has all thirteen features with
their missing values and grades 0 to 4, in repeated 5-fold cross-validation.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from server.federation_result import EvaluationsByHospital
from shared.contract import Contract, load_contract
from shared.errors import DataError
from shared.metrics import Evaluation, merge_evaluations
from shared.records import Records
from shared.run_settings import ModelName, RunSettings, run_settings
from simulations.experiments.sources import read_records
from simulations.hospitals import write_heart_hospitals
from simulations.in_process import evaluate_pooled, run_in_process

DROPPED = ["st_slope", "major_vessels", "thallium_scan"]
EXPECTED_TRAINING_ROWS = [199, 172, 30, 85]
EXPECTED_TEST_ROWS = [104, 89, 16, 45]
SPLIT_SEED = 43
# Blood pressures and cholesterols of 0 are missing values; the protocol keeps them.
ZEROS = {"resting_blood_pressure", "cholesterol"}
WITHOUT_NEGATIVES = "switzerland"

# Each entry is a kind of model with settings for hospitals of 30 to 200 patients.
MODELS: dict[str, tuple[ModelName, dict[str, Any]]] = {
    "neural_network": ("neural_network", {}),
    "logistic_regression": ("neural_network", {"hidden": [], "dropout": 0.0}),
    "boosted_trees": ("boosted_trees", {}),
    "random_forest": ("random_forest", {}),
}

Judged = dict[str, EvaluationsByHospital]


def run_heart(data: Path, seeds: int, repetitions: int, console: Console) -> dict[str, Any]:
    """Run both tasks and print the tables; return the figures under the protocol's keys."""
    contract = load_contract("heart_disease")
    hospitals = read_hospitals(contract, data, zero_is_missing=True)
    published = contract_of_protocol(contract)
    complete = {
        name: complete_rows(records)
        for name, records in read_hospitals(published, data, zero_is_missing=False).items()
    }
    result: dict[str, Any] = {"rows": row_counts(published, complete), "models": {}, "full": {}}
    with Progress(console=console, transient=True) as progress:
        total = len(MODELS) * (seeds + 5 * repetitions)
        task = progress.add_task("heart", total=total)

        def advance() -> None:
            progress.advance(task)

        for name in MODELS:
            result["models"][name] = binary_figures(published, complete, name, seeds, advance)
            result["full"][name] = full_figures(contract, hospitals, name, repetitions, advance)
    result["hospitals"] = list(hospitals)
    print_tables(result, console)
    return result


def contract_of_protocol(contract: Contract) -> Contract:
    """Return the contract with the zeros that the published protocol takes for measurements."""
    return contract.model_copy_checked(
        feature=[
            feature.model_copy(update={"minimum": 0.0}) if feature.name in ZEROS else feature
            for feature in contract.feature
        ]
    )


def read_hospitals(contract: Contract, data: Path, *, zero_is_missing: bool) -> dict[str, Records]:
    """Read the four hospitals through their mapping files."""
    with tempfile.TemporaryDirectory() as folder:
        files = write_heart_hospitals(data.resolve(), Path(folder), zero_is_missing=zero_is_missing)
        return {each.name: read_records(contract, each.mapping_path) for each in files}


def complete_rows(records: Records) -> Records:
    """Drop the three sparse features' columns from view, then rows with a missing value."""
    complete = records.table.drop(columns=DROPPED).notna().all(axis=1).to_numpy()
    return records.take(np.flatnonzero(complete))


def binary_settings(name: str, seed: int) -> RunSettings:
    """Return the settings of one repetition of the binary task."""
    kind, changes = MODELS[name]
    return run_settings(
        {
            "models": [kind],
            "seed": seed,
            "task": {"level": "group", "exclude_features": DROPPED},
            "holdout": {"test_share": 0.34, "seed": SPLIT_SEED},
            "preprocessing": {"drop_first_level": True, "minimum_category_rows": 0},
            kind: changes,
        },
        [],
        "bench heart",
    )


def row_counts(contract: Contract, hospitals: Mapping[str, Records]) -> dict[str, list[int]]:
    """Return the rows of each hospital's parts.

    Raises
    ------
    DataError
        When they are not those of the protocol.
    """
    settings = binary_settings("random_forest", 0)
    settings = settings.model_copy(update={"compare_alone": False})
    answers = run_in_process(contract, hospitals, settings).hospitals.values()
    counts = {
        "train": [answer.training_rows for answer in answers],
        "test": [answer.held_out_rows for answer in answers],
    }
    if counts != {"train": EXPECTED_TRAINING_ROWS, "test": EXPECTED_TEST_ROWS}:
        raise DataError(
            f"The protocol has {EXPECTED_TRAINING_ROWS} training and {EXPECTED_TEST_ROWS} test "
            f"rows, this data {counts['train']} and {counts['test']}.",
            "Use the processed UCI files of all four hospitals, unchanged.",
        )
    return counts


def judge_all(
    contract: Contract, hospitals: Mapping[str, Records], settings: RunSettings
) -> Judged:
    """Train one kind of model federated, alone and pooled."""
    result = run_in_process(contract, hospitals, settings)
    return {
        "federated": result.federated,
        "local": result.alone,
        "pooled": evaluate_pooled(contract, hospitals, settings),
    }


def binary_figures(
    contract: Contract,
    hospitals: Mapping[str, Records],
    name: str,
    seeds: int,
    advance: Callable[[], None],
) -> dict[str, Any]:
    """Run the binary task over seeds; return means and standard deviations."""
    kind = MODELS[name][0]
    runs: list[Judged] = []
    for seed in range(seeds):
        runs.append(judge_all(contract, hospitals, binary_settings(name, seed)))
        advance()
    accuracies = {
        way: np.array([hospital_accuracies(run[way], kind) for run in runs])
        for way in ("federated", "local")
    }
    return {
        "federated": over_seeds([binary_scores(run["federated"], kind) for run in runs]),
        "pooled": over_seeds([binary_scores(run["pooled"], kind) for run in runs]),
        "local": accuracies["local"].mean(axis=0).tolist(),
        "federated_by_hospital": accuracies["federated"].mean(axis=0).tolist(),
    }


def binary_scores(evaluations: EvaluationsByHospital, kind: ModelName) -> dict[str, float]:
    """Return accuracy and area over all test rows, and the means over hospitals."""
    by_hospital = {name: models[kind] for name, models in evaluations.items()}
    scores = merge_evaluations(by_hospital.values()).scores()["finest"]
    areas = [
        evaluation.scores()["finest"].auc
        for name, evaluation in by_hospital.items()
        if name != WITHOUT_NEGATIVES
    ]
    accuracies = hospital_accuracies(evaluations, kind)
    return {
        "accuracy": number(scores.accuracy),
        "auc": number(scores.auc),
        "mean_accuracy": float(np.mean(accuracies)),
        "mean_auc_of_three": float(np.mean([number(area) for area in areas])),
    }


def hospital_accuracies(evaluations: EvaluationsByHospital, kind: ModelName) -> list[float]:
    """Return each hospital's accuracy."""
    return [number(models[kind].scores()["finest"].accuracy) for models in evaluations.values()]


def over_seeds(runs: list[dict[str, float]]) -> dict[str, float]:
    """Return mean and standard deviation of each figure."""
    found = {}
    for key in runs[0]:
        values = [run[key] for run in runs]
        found[key] = float(np.mean(values))
        found[f"{key}_std"] = float(np.std(values))
    return found


def number(value: float | None) -> float:
    """Return a figure as a number; not a number where there is none."""
    return float("nan") if value is None else value


def full_figures(
    contract: Contract,
    hospitals: Mapping[str, Records],
    name: str,
    repetitions: int,
    advance: Callable[[], None],
) -> dict[str, Any]:
    """Run the full task: every row is held out once per repetition; return means over those."""
    found: dict[str, list[dict[str, float]]] = {"federated": [], "pooled": [], "local": []}
    kind = MODELS[name][0]
    for repetition in range(repetitions):
        folds: dict[str, list[Evaluation]] = {way: [] for way in found}
        for fold in range(5):
            judged = judge_all(contract, hospitals, full_settings(name, repetition, fold))
            for way, evaluations in judged.items():
                folds[way] += [models[kind] for models in evaluations.values()]
            advance()
        for way, parts in folds.items():
            scores = merge_evaluations(parts).scores()["finest"]
            recall = scores.by_class["grade_4"].recall
            figures = {"macro_f1": number(scores.macro_f1), "recall_grade_4": number(recall)}
            found[way].append(figures)
    return {way: over_seeds(runs) for way, runs in found.items()}


def full_settings(name: str, repetition: int, fold: int) -> RunSettings:
    """Return the settings of one fold of the full task."""
    kind, changes = MODELS[name]
    return run_settings(
        {
            "models": [kind],
            "seed": repetition,
            "holdout": {"folds": 5, "fold": fold, "seed": repetition},
            kind: changes,
        },
        [],
        "bench heart",
    )


def print_tables(result: Mapping[str, Any], console: Console) -> None:
    """Print both tasks."""
    table = Table(title="Disease or not, FLamby's held-out rows", title_justify="left", box=None)
    for column in ("model", "trained", "accuracy", "AUC", "mean accuracy of 4"):
        table.add_column(column, justify="left" if column in ("model", "trained") else "right")
    for name, figures in result["models"].items():
        for way in ("federated", "pooled"):
            each = figures[way]
            cells = [
                f"{each[key]:.3f} ± {each[f'{key}_std']:.3f}"
                for key in ("accuracy", "auc", "mean_accuracy")
            ]
            table.add_row(name if way == "federated" else "", way, *cells)
        table.add_row("", "alone", "", "", f"{np.mean(figures['local']):.3f}")
    console.print(table)
    full = Table(title="Grades 0 to 4, 5-fold", title_justify="left", box=None)
    for column in ("model", "trained", "macro F1", "recall of grade 4"):
        full.add_column(column, justify="left" if column in ("model", "trained") else "right")
    for name, ways in result["full"].items():
        for way, each in ways.items():
            full.add_row(
                name if way == "federated" else "",
                "alone" if way == "local" else way,
                f"{each['macro_f1']:.3f}",
                f"{each['recall_grade_4']:.3f}",
            )
    console.print(full)
