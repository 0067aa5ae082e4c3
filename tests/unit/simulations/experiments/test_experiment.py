"""A scenario runs, is repeatable to the digit, and goes on where it stopped."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from mlflow.tracking import MlflowClient
from rich.console import Console

from shared.contract import Contract
from shared.errors import SettingsError
from simulations.experiments.running import KEPT, RESULTS, run_experiment
from tests.conftest import learnable_records

SCENARIO = """
name = "Small"
mlflow = "none"
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
    kept = sorted((out / KEPT).glob("*.json"))
    assert len(kept) == 4
    kept[0].unlink()
    half = kept[1].rename(kept[1].with_suffix(".partial"))
    half.write_text(half.read_text()[:100])
    before = {path: path.stat().st_mtime_ns for path in kept[2:]}
    run_experiment(scenario, out, None, QUIET)
    pd.testing.assert_frame_equal(pd.read_parquet(out / RESULTS), whole)
    assert {path: path.stat().st_mtime_ns for path in kept[2:]} == before


def test_only_what_was_changed_in_a_scenario_is_run_again(scenario: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run_experiment(scenario, out, None, QUIET)
    before = set((out / KEPT).iterdir())
    scenario.write_text(SCENARIO.replace("seeds = [0, 1]", "seeds = [1, 2]"))
    run_experiment(scenario, out, None, QUIET)
    assert set(pd.read_parquet(out / RESULTS)["seed"]) == {1, 2}
    assert before < set((out / KEPT).iterdir())
    assert len(set((out / KEPT).iterdir()) - before) == 2


def test_a_folder_of_something_else_is_left_alone(scenario: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.tex").write_text("")
    with pytest.raises(SettingsError, match="not empty"):
        run_experiment(scenario, tmp_path / "out", None, QUIET)


GRID = """
[grid]
"data.alpha" = [0.3, 100]
"run.random_forest.trees" = [5, 10]
"""


def test_a_grid_runs_each_value_with_each_and_draws_what_it_varies(
    scenario: Path, tmp_path: Path
) -> None:
    text = SCENARIO.replace("seeds = [0, 1]", "seeds = [0]").replace('"neural_network", ', "")
    text = text[: text.index("[[variant]]")] + GRID
    scenario.write_text(text.replace('mlflow = "none"', ""))
    out = tmp_path / "out"
    found = run_experiment(scenario, out, None, QUIET)
    table = pd.read_parquet(out / RESULTS)
    points = table[["data.alpha", "run.random_forest.trees"]].drop_duplicates()
    assert len(points) == 4
    assert {"against_data_alpha.svg", "tables/overall.tex"} <= set(found["files"])
    # With other hospitals, models of one hospital are others too.
    alone = table[(table["trained"] == "local") & (table["measure"] == "accuracy")]
    assert alone.groupby("data.alpha")["value"].mean().nunique() == 2
    recalls = table[table["measure"] == "recall"]
    assert recalls["training_cases"].gt(0).any()
    client = MlflowClient(f"sqlite:///{out / 'mlflow.db'}")
    [experiment] = [each for each in client.search_experiments() if each.name == "Small"]
    runs = client.search_runs([experiment.experiment_id])
    assert len(runs) == 4
    run_experiment(scenario, out, None, QUIET)
    assert len(client.search_runs([experiment.experiment_id])) == 4


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
