"""A whole run with every kind of model, over the in-process Grid."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from server.bundling import write_bundles
from server.federation_result import FederationResult
from server.results import comparison, result_figures
from server.rounds import RoundRecord
from server.tracking import Tracker
from shared.bundle import Bundle, read_bundle
from shared.contract import Contract
from shared.errors import BundleError, PartialRunError
from shared.explanation import explain
from shared.records import Records
from shared.run_settings import RunSettings, run_settings
from shared.session.faults import Fault, FaultKind
from simulations.in_process import evaluate_pooled, run_in_process
from tests.conftest import learnable_records

QUICK = {
    "seed": 1,
    "neural_network": {"rounds": 6, "local_epochs": 5, "learning_rate": 0.3},
    "boosted_trees": {"rounds": 3, "trees_per_round": 4},
    "random_forest": {"trees": 30},
    "join_timeout": 1,
}
STRATEGIES = ["FedAvg", "FedProx", "FedAdam", "FedYogi", "FedMedian", "FedTrimmedAvg", "Krum"]


def quick_settings(**changes: object) -> RunSettings:
    return run_settings({**QUICK, **changes}, [], "test")


@pytest.fixture(scope="module")
def hospitals(contract: Contract) -> dict[str, Records]:
    sizes = {"north": 160, "south": 90, "east": 60}
    return {
        name: learnable_records(contract, rows, seed)
        for seed, (name, rows) in enumerate(sizes.items())
    }


@pytest.fixture(scope="module")
def result(contract: Contract, hospitals: dict[str, Records]) -> FederationResult:
    return run_in_process(contract, hospitals, quick_settings())


def test_every_model_beats_chance_and_is_compared_alone_and_pooled(
    contract: Contract, hospitals: dict[str, Records], result: FederationResult
) -> None:
    pooled = evaluate_pooled(contract, hospitals, quick_settings())
    for name in result.models:
        for evaluations in (result.federated, result.alone, pooled):
            figures = comparison(evaluations, name)
            assert set(figures["by_hospital"]) == set(hospitals)
            assert figures["overall"]["group"]["auc"] > 0.75, name
            rows = sum(each["group"]["rows"] for each in figures["by_hospital"].values())
            assert figures["overall"]["group"]["rows"] == rows


def test_the_same_seed_gives_the_same_digits(
    contract: Contract, hospitals: dict[str, Records], result: FederationResult
) -> None:
    again = run_in_process(contract, hospitals, quick_settings())
    assert result_figures(again) == result_figures(result)
    for name, arrays in result.models.items():
        for key, array in arrays.items():
            np.testing.assert_array_equal(array, again.models[name][key])


def test_the_summary_is_that_of_all_training_rows(result: FederationResult) -> None:
    assert result.summary.rows == sum(each.training_rows for each in result.hospitals.values())


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_strategy_by_name(
    contract: Contract, hospitals: dict[str, Records], strategy: str
) -> None:
    network = {**QUICK["neural_network"], "strategy": strategy}  # type: ignore[dict-item]
    chosen = quick_settings(models=["neural_network"], neural_network=network, compare_alone=False)
    found = run_in_process(contract, hospitals, chosen)
    overall = comparison(found.federated, "neural_network")["overall"]
    assert overall["group"]["auc"] > 0.6
    assert all(len(record.answered) == 3 for record in found.rounds)


def test_a_hospital_that_falls_silent_is_left_out_and_named(
    contract: Contract, hospitals: dict[str, Records]
) -> None:
    chosen = quick_settings(models=["neural_network"])
    found = run_in_process(contract, hospitals, chosen, faults=[Fault("east", 3, "unreachable")])
    training = [record for record in found.rounds if record.model]
    assert training[0].answered == ["east", "north", "south"]
    assert training[-1].answered == ["north", "south"]
    assert training[-1].left_out == {"east": "cannot be reached any more"}
    assert found.left_out == {"east": "neural_network round 3: cannot be reached any more"}


@pytest.mark.parametrize(
    ("model", "kind", "reason"),
    [
        ("neural_network", "not_a_number", "finite"),
        ("neural_network", "exploded", "its update has norm"),
        ("boosted_trees", "not_a_number", "finite"),
        ("boosted_trees", "exploded", "A leaf of the trees adds more than"),
    ],
)
def test_an_update_that_would_spoil_the_model_is_left_out_and_named(
    contract: Contract, hospitals: dict[str, Records], model: str, kind: FaultKind, reason: str
) -> None:
    trees = {**QUICK["boosted_trees"], "method": "bagging"}  # type: ignore[dict-item]
    chosen = quick_settings(models=[model], compare_alone=False, boosted_trees=trees)
    found = run_in_process(contract, hospitals, chosen, faults=[Fault("east", 2, kind)])
    spoilt = found.rounds[2]
    assert (spoilt.number, spoilt.answered) == (2, ["north", "south"])
    assert list(spoilt.left_out) == ["east"]
    assert reason in spoilt.left_out["east"]
    assert found.rounds[3].answered == ["east", "north", "south"]
    assert comparison(found.federated, chosen.models[0])["overall"]["group"]["auc"] > 0.6


def test_too_few_hospitals_end_the_run(contract: Contract, hospitals: dict[str, Records]) -> None:
    with pytest.raises(PartialRunError, match="needs at least 3"):
        run_in_process(
            contract,
            hospitals,
            quick_settings(minimum_hospitals=3),
            faults=[Fault("east", 0, "unreachable")],
        )


def test_rounds_are_observed_as_they_happen(
    contract: Contract, hospitals: dict[str, Records]
) -> None:
    class Notes:
        def __init__(self) -> None:
            self.lines: list[str] = []

        def asked(self, question: str, model: str, number: int, hospitals: list[str]) -> None:
            self.lines.append(f"asked {question} {model} {number} {len(hospitals)}")

        def answered(self, record: RoundRecord) -> None:
            self.lines.append(f"answered {record.question} {len(record.answered)}")

    notes = Notes()
    run_in_process(contract, hospitals, quick_settings(models=["random_forest"]), notes)
    assert notes.lines == [
        "asked query.summarise  0 3",
        "answered query.summarise 3",
        "asked train random_forest 1 3",
        "answered train 3",
        "asked query.refill random_forest 2 3",
        "answered query.refill 3",
        "asked query.calibrate  0 3",
        "answered query.calibrate 3",
        "asked query.calibrate  0 3",
        "answered query.calibrate 3",
        "asked evaluate  0 3",
        "answered evaluate 3",
        "asked query.alone  0 3",
        "answered query.alone 3",
    ]


def test_bundles_answer_as_the_models_and_corrupt_ones_are_refused(
    tmp_path: Path, hospitals: dict[str, Records], result: FederationResult
) -> None:
    folders = write_bundles(tmp_path, "run-0001", quick_settings(), result)
    table = hospitals["north"].table.head(20)
    for name, folder in folders.items():
        bundle = read_bundle(folder)
        direct = Bundle(
            name,
            "x",
            result.contract,
            quick_settings(),
            result.preparation,
            result.summary,
            result.models[name],
            "",
        )
        calibrated = result.calibrators[name].apply(direct.predict(table))
        np.testing.assert_allclose(bundle.predict(table), calibrated, atol=1e-6)
        findings = explain(bundle, table.head(1).reset_index(drop=True), 0)
        assert findings
        for file in folder.iterdir():
            content = file.read_bytes()
            file.write_bytes(content[:-3] + b"xyz")
            with pytest.raises(BundleError):
                read_bundle(folder)
            file.unlink()
            with pytest.raises(BundleError):
                read_bundle(folder)
            file.write_bytes(content)
        (folder / "extra.py").write_text("import os")
        with pytest.raises(BundleError, match=r"extra\.py"):
            read_bundle(folder)


def test_a_run_is_found_again_in_mlflow(tmp_path: Path, result: FederationResult) -> None:
    folders = write_bundles(tmp_path / "bundles", "run-0001", quick_settings(), result)
    tracker = Tracker(f"sqlite:///{tmp_path}/mlflow.db", tmp_path / "artifacts", "test")
    registered = tracker.record("run-0001", quick_settings(), "c" * 64, result, folders)
    assert set(registered) == set(result.models)
    for name, each in registered.items():
        assert each.version == "1"
        run = tracker.client.get_run(each.tracking_run)
        assert run.data.params["seed"] == "1"
        assert run.data.tags["contract_hash"] == "c" * 64
        assert run.data.tags["data_version.north"] == result.hospitals["north"].data_version
        overall = comparison(result.federated, name)["overall"]
        assert run.data.metrics["federated.accuracy"] == pytest.approx(overall["accuracy"])
        history = tracker.client.get_metric_history(each.tracking_run, "round.hospitals")
        rounds = {"neural_network": 6, "boosted_trees": 3 * 4, "random_forest": 2}
        assert len(history) == rounds[name]
        files = {file.path for file in tracker.client.list_artifacts(each.tracking_run, "bundle")}
        assert "bundle/manifest.json" in files
    # A run that goes on after it was killed while it recorded is there once.
    again = tracker.record("run-0001", quick_settings(), "c" * 64, result, folders)
    assert len(tracker.client.search_runs([tracker.experiment])) == len(result.models)
    for name, each in again.items():
        versions = tracker.client.search_model_versions(f"name = '{each.name}'")
        assert [version.run_id for version in versions] == [each.tracking_run], name
