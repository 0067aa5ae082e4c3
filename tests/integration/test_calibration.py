"""Calibration in a whole run: honest probabilities, sets that hold, thresholds that answer."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from server.bundling import write_bundles
from server.federation_result import FederationResult
from shared.bundle import Bundle, read_bundle
from shared.bundle import manifest as files
from shared.contract import Contract
from shared.metrics import merge_evaluations
from shared.records import Records, concatenate
from shared.run_settings import RunSettings, run_settings
from simulations.in_process import run_in_process
from tests.conftest import learnable_records

FOREST = {"trees": 40, "maximum_depth": 3, "column_share": 0.2}
# Two standard deviations of a share of 1,200 draws.
SLACK = 2 * np.sqrt(0.1 * 0.9 / 1200)


def settings_with(run: dict[str, object] | None = None, **calibration: object) -> RunSettings:
    content: dict[str, object] = {
        "seed": 1,
        "models": ["random_forest"],
        "random_forest": FOREST,
        "compare_alone": False,
        "holdout": {"test_share": 0.5},
        "calibration": calibration,
        "join_timeout": 1,
        **(run or {}),
    }
    return run_settings(content, [], "test")


@pytest.fixture(scope="module")
def hospitals(contract: Contract) -> dict[str, Records]:
    sizes = {"north": 700, "south": 500, "east": 400}
    return {
        name: learnable_records(contract, rows, seed)
        for seed, (name, rows) in enumerate(sizes.items())
    }


@pytest.fixture(scope="module")
def calibrated(contract: Contract, hospitals: dict[str, Records]) -> FederationResult:
    return run_in_process(contract, hospitals, settings_with(method="best", coverages=[0.8, 0.9]))


@pytest.fixture(scope="module")
def raw(contract: Contract, hospitals: dict[str, Records]) -> FederationResult:
    return run_in_process(contract, hospitals, settings_with(method="none", thresholds=False))


def fresh_patients(contract: Contract) -> Records:
    """Return patients of no hospital, each with one class."""
    drawn = concatenate([learnable_records(contract, 1500, 90)])
    leaf = drawn.labels != "disease"
    return Records(drawn.table[leaf].head(1200).reset_index(drop=True), drawn.labels[leaf][:1200])


def bundle_of(folder: Path, result: FederationResult, settings: RunSettings) -> Bundle:
    return read_bundle(write_bundles(folder, "run-0001", settings, result)["random_forest"])


def scores(result: FederationResult) -> dict[str, float]:
    """Return figures over all hospitals."""
    evaluations = (each["random_forest"] for each in result.federated.values())
    return merge_evaluations(evaluations).scores()["finest"].model_dump(exclude={"by_class"})


def truth_of(contract: Contract, records: Records) -> npt.NDArray[np.intp]:
    return np.array([contract.leaves.index(label) for label in records.labels])


def test_calibrated_probabilities_lose_less_at_hospitals_they_were_not_fitted_on(
    calibrated: FederationResult, raw: FederationResult
) -> None:
    after, before = (scores(result) for result in (calibrated, raw))
    assert after["log_loss"] < before["log_loss"] - 0.03
    assert after["expected_calibration_error"] < before["expected_calibration_error"] / 2


@pytest.mark.parametrize("coverage", [0.8, 0.9])
def test_prediction_sets_hold_the_truth_of_new_patients_as_often_as_stated(
    tmp_path: Path, contract: Contract, calibrated: FederationResult, coverage: float
) -> None:
    bundle = bundle_of(tmp_path, calibrated, settings_with(method="best", coverages=[0.8, 0.9]))
    patients = fresh_patients(contract)
    probabilities = bundle.predict(patients.table)
    assert bundle.calibrator is not None
    sets = bundle.calibrator.prediction_sets(probabilities, coverage)
    held = sets[np.arange(len(sets)), truth_of(contract, patients)].mean()
    assert held >= coverage - SLACK
    assert sets.sum(axis=1).mean() < len(contract.leaves)


def test_thresholds_answer_for_classes_that_are_seldom_the_most_probable(
    contract: Contract, hospitals: dict[str, Records]
) -> None:
    unbalanced = {"class_balance": "none"}
    usual, by_threshold = (
        scores(run_in_process(contract, hospitals, settings_with(answers=answers, run=unbalanced)))
        for answers in ("most_probable", "thresholds")
    )
    assert by_threshold["macro_f1"] > usual["macro_f1"] + 0.05
    assert by_threshold["log_loss"] == pytest.approx(usual["log_loss"])


def test_a_bundle_of_before_calibration_is_still_read(
    tmp_path: Path, contract: Contract, raw: FederationResult
) -> None:
    settings = settings_with(method="none", thresholds=False)
    folder = write_bundles(tmp_path, "run-0001", settings, raw)["random_forest"]
    table = learnable_records(contract, 10, 3).table
    expected = read_bundle(folder).predict(table)
    preparation = json.loads((folder / files.PREPARATION).read_text())
    del preparation["class_counts"]
    run = json.loads((folder / files.SETTINGS).read_text())
    for added in ("calibration", "augmentation", "tuning", "review"):
        del run[added]
    (folder / files.PREPARATION).write_text(json.dumps(preparation))
    (folder / files.SETTINGS).write_text(json.dumps(run))
    listing = json.loads((folder / files.MANIFEST).read_text())
    for name in files.ADDED:
        (folder / name).unlink(missing_ok=True)
        listing["files"].pop(name, None)
    for name in (files.PREPARATION, files.SETTINGS):
        listing["files"][name] = files.digest_of((folder / name).read_bytes())
    (folder / files.MANIFEST).write_text(json.dumps(listing))
    old = read_bundle(folder)
    assert old.calibrator is None
    np.testing.assert_array_equal(old.predict(table), expected)
