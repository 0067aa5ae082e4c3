"""A scenario runs, is repeatable to the digit, and goes on where it stopped."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console

from shared.contract import Contract
from shared.errors import SettingsError
from simulations.experiment import CHECKPOINT, RESULTS, run_experiment
from tests.conftest import learnable_records

SCENARIO = """
name = "Small"
contract = "heart_disease"
seeds = [0, 1]
[data]
kind = "partition"
mapping = "mapping.toml"
hospitals = 3
partition = "dirichlet"
alpha = 1.0
[run]
models = ["neural_network", "random_forest"]
neural_network = { rounds = 2, local_epochs = 2 }
random_forest = { trees = 10 }
[[variant]]
name = "FedAvg"
[[variant]]
name = "FedProx"
settings = { models = ["neural_network"], "neural_network.strategy" = "FedProx" }
"""
QUIET = Console(quiet=True)


@pytest.fixture
def scenario(tmp_path: Path, contract: Contract) -> Path:
    records = learnable_records(contract, 90, 3)
    records.table.assign(label=records.labels).to_csv(tmp_path / "records.csv", index=False)
    lines = [
        '[source]\nkind = "csv"\npath = "records.csv"',
        '[label]\ncolumn = "label"\ncodes = {}',
    ]
    for name, feature in contract.features.items():
        lines.append(f'[[column]]\ncolumn = "{name}"\nfeature = "{name}"')
        if feature.kind == "numeric":
            lines.append(f'unit = "{feature.unit}"')
        if feature.kind == "flag":
            lines.append('true = ["1"]\nfalse = ["0"]')
    (tmp_path / "mapping.toml").write_text("\n".join(lines))
    path = tmp_path / "scenario.toml"
    path.write_text(SCENARIO)
    return path


def test_tables_and_figures_are_the_same_to_the_digit(scenario: Path, tmp_path: Path) -> None:
    first = run_experiment(scenario, tmp_path / "one", None, QUIET)
    second = run_experiment(scenario, tmp_path / "two", None, QUIET)
    one, two = (pd.read_parquet(tmp_path / out / RESULTS) for out in ("one", "two"))
    pd.testing.assert_frame_equal(one, two)
    assert first["means"] == second["means"]
    assert set(one["variant"]) == {"FedAvg", "FedProx"}
    assert set(one["trained"]) == {"local", "federated", "pooled"}
    assert set(one["hospital"]) == {"hospital_1", "hospital_2", "hospital_3", "all hospitals"}
    page = (tmp_path / "one" / "report.html").read_text()
    assert "FedProx" in page
    assert "<svg" in page
    figures = [(tmp_path / out / "figure.svg").read_text() for out in ("one", "two")]
    assert figures[0] == figures[1]


def test_an_interrupted_experiment_goes_on_where_it_stopped(scenario: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run_experiment(scenario, out, None, QUIET)
    whole = pd.read_parquet(out / RESULTS)
    lines = (out / CHECKPOINT).read_text().splitlines(keepends=True)
    (out / CHECKPOINT).write_text(lines[0] + lines[1][:100])
    run_experiment(scenario, out, None, QUIET)
    pd.testing.assert_frame_equal(pd.read_parquet(out / RESULTS), whole)


def test_another_scenario_does_not_overwrite_results(scenario: Path, tmp_path: Path) -> None:
    run_experiment(scenario, tmp_path / "out", None, QUIET)
    scenario.write_text(SCENARIO.replace("Small", "Other"))
    with pytest.raises(SettingsError, match="another scenario"):
        run_experiment(scenario, tmp_path / "out", None, QUIET)


def test_a_hospital_that_fails_by_script_has_no_figures(scenario: Path, tmp_path: Path) -> None:
    faulty = """
[backend]
kind = "threads"
workers = 2
[[fault]]
hospital = "hospital_2"
question = 2
kind = "unreachable"
"""
    scenario.write_text(SCENARIO + faulty)
    run_experiment(scenario, tmp_path / "out", None, QUIET)
    table = pd.read_parquet(tmp_path / "out" / RESULTS)
    trained = {hospital: set(rows["trained"]) for hospital, rows in table.groupby("hospital")}
    assert trained["hospital_1"] == {"local", "federated", "pooled"}
    assert trained["hospital_2"] == {"pooled"}
