"""Runs that teach a network rare classes from what it learned elsewhere."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from server.bundling import write_bundles
from server.pretraining import read_pretrained, taken_over
from shared.contract import Contract
from shared.errors import BundleError, SettingsError
from shared.models.neural_network import NeuralNetwork
from shared.records import Records
from shared.run_settings import RunSettings, run_settings
from simulations.in_process import run_in_process
from tests.conftest import learnable_records, random_records

ROUNDS = 12


def network_settings(transfer: dict[str, object], **changes: object) -> RunSettings:
    network = {"rounds": ROUNDS, "transfer": transfer}
    content = {"models": ["neural_network"], "compare_alone": False, "neural_network": network}
    return run_settings({**content, **changes}, [], "test")


@pytest.fixture(scope="module")
def hospitals(contract: Contract) -> dict[str, Records]:
    sizes = {"north": 160, "south": 90, "east": 60}
    return {
        name: learnable_records(contract, rows, seed)
        for seed, (name, rows) in enumerate(sizes.items())
    }


@pytest.fixture(scope="module")
def pretrained(contract: Contract, tmp_path_factory: pytest.TempPathFactory) -> Path:
    settings = network_settings({}, minimum_hospitals=1, models=["neural_network", "random_forest"])
    elsewhere = {"elsewhere": learnable_records(contract, 300, 9)}
    result = run_in_process(contract, elsewhere, settings)
    folder = tmp_path_factory.mktemp("elsewhere")
    write_bundles(folder, "elsewhere", settings, result)
    return folder


def test_prototypes_are_asked_for_once_and_held(
    contract: Contract, hospitals: dict[str, Records], pretrained: Path
) -> None:
    transfer = {"start_from": str(pretrained / "neural_network"), "encoder_rate": 0.0}
    settings = network_settings({**transfer, "prototypes_below": 40})
    result = run_in_process(contract, hospitals, settings)
    asked = [record.question for record in result.rounds]
    assert asked.count("query.prototypes") == 1
    assert asked.index("query.prototypes") < asked.index("train")
    counts = np.array(result.preparation.class_counts)
    few = np.flatnonzero((counts > 0) & (counts < 40))
    assert 0 < len(few) < len(counts)
    weights = result.models["neural_network"]["linear_1.weight"]
    # Encodings have no negative number, so neither have their means; fitted weights have some.
    assert (weights[few] >= 0).all()
    assert (np.delete(weights, few, axis=0) < 0).any()


def test_the_encoder_stays_frozen_through_a_whole_run(
    contract: Contract, hospitals: dict[str, Records], pretrained: Path
) -> None:
    start = str(pretrained / "neural_network")
    settings = network_settings({"start_from": start, "encoder_rate": 0.0})
    result = run_in_process(contract, hospitals, settings)
    before = read_pretrained(start)
    found = result.models["neural_network"]["linear_0.bias"]
    np.testing.assert_allclose(found, before.arrays["linear_0.bias"], atol=1e-7)


def test_fine_tuned_networks_stay_at_their_hospitals(
    contract: Contract, hospitals: dict[str, Records]
) -> None:
    table = hospitals["east"].table.copy()
    table["age"] = 120 - table["age"]
    table["maximum_heart_rate"] = 270 - table["maximum_heart_rate"]
    turned = {**hospitals, "east": Records(table, hospitals["east"].labels)}
    plain = run_in_process(contract, turned, network_settings({}))
    tuned = run_in_process(contract, turned, network_settings({"fine_tuning_epochs": 300}))
    for name, array in plain.models["neural_network"].items():
        np.testing.assert_array_equal(array, tuned.models["neural_network"][name])
    loss = {
        name: result.federated["east"]["neural_network"].scores()["group"].log_loss
        for name, result in (("plain", plain), ("tuned", tuned))
    }
    assert loss["tuned"] is not None
    assert loss["plain"] is not None
    assert loss["tuned"] < loss["plain"]


def test_weights_are_taken_over_by_name(contract: Contract, pretrained: Path) -> None:
    before = read_pretrained(str(pretrained / "neural_network"))
    fewer = contract.without_features(["age"])
    records = random_records(fewer, 60, 1)
    result = run_in_process(fewer, {"a": records, "b": records}, network_settings({}))
    names = result.preparation.preprocessor.column_names()
    blocks = result.preparation.preprocessor.blocks()
    settings = before.settings.neural_network
    classes = len(fewer.leaves)
    model = NeuralNetwork(settings, result.preparation.columns, classes, 0, blocks)
    found = taken_over(model, result.preparation.preprocessor, fewer, before)
    theirs = before.preparation.preprocessor.column_names()
    common = [name for name in names if name in theirs]
    assert 0 < len(common) < len(theirs)
    for name in common:
        np.testing.assert_allclose(
            found["linear_0.weight"][:, names.index(name)],
            before.arrays["linear_0.weight"][:, theirs.index(name)],
            atol=1e-7,
        )


@pytest.mark.parametrize(
    ("folder", "network", "reason"),
    [
        ("random_forest", {}, "not a neural network"),
        ("neural_network", {"hidden": [7]}, "hidden layers"),
        ("neural_network", {"hidden": []}, "hidden layers"),
        ("nowhere", {}, "is no bundle"),
    ],
)
def test_what_cannot_be_started_from_is_refused(
    contract: Contract,
    hospitals: dict[str, Records],
    pretrained: Path,
    folder: str,
    network: dict[str, object],
    reason: str,
) -> None:
    transfer = {"start_from": str(pretrained / folder)}
    settings = network_settings({}, neural_network={**network, "transfer": transfer})
    with pytest.raises(BundleError, match=reason):
        run_in_process(contract, hospitals, settings)


def test_pretraining_needs_common_classes(
    contract: Contract, hospitals: dict[str, Records]
) -> None:
    settings = network_settings({"pretraining_rounds": 2}, task={"level": "group"})
    with pytest.raises(SettingsError, match="calls none rare"):
        run_in_process(contract, hospitals, settings)
