"""Derived features all the way: hospitals' records, a run, its bundle, an answer, its reasons."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from client.hospital import Hospital, LocalRecords
from server.bundling import write_bundles
from server.federation_result import FederationResult
from server.results import comparison
from shared.bundle import Bundle, read_bundle
from shared.bundle.manifest import GOLDEN_CASES
from shared.contract import Contract
from shared.explanation import explain
from shared.records import Records, with_derived
from shared.run_settings import MODEL_NAMES, RunSettings, run_settings
from simulations.in_process import run_in_process
from tests.conftest import learnable_records

DERIVED = [
    {
        "name": "effort",
        "kind": "numeric",
        "description": "Heart rate by age",
        "bins": 40,
        "minimum": 0,
        "maximum": 2,
        "expression": "maximum_heart_rate / (220 - age)",
    },
    {
        "name": "age_band",
        "kind": "categorical",
        "description": "Age band",
        "expression": "band(age, 45, 60)",
    },
    {
        "name": "silent",
        "kind": "flag",
        "description": "Depression without pain",
        "expression": 'chest_pain == "asymptomatic" and st_depression > 1',
    },
]
QUICK = {
    "seed": 1,
    "neural_network": {"rounds": 4, "local_epochs": 5, "learning_rate": 0.3},
    "boosted_trees": {"rounds": 2, "trees_per_round": 4},
    "random_forest": {"trees": 20},
    "compare_alone": False,
}


@pytest.fixture(scope="module")
def deriving(contract: Contract) -> Contract:
    return contract.model_copy_checked(derived=DERIVED)


@pytest.fixture(scope="module")
def hospitals(contract: Contract) -> dict[str, Records]:
    """Records that hold what was recorded, and nothing derived."""
    sizes = {"north": 160, "south": 90, "east": 60}
    return {
        name: learnable_records(contract, rows, seed)
        for seed, (name, rows) in enumerate(sizes.items())
    }


def settings(**changes: object) -> RunSettings:
    return run_settings({**QUICK, **changes}, [], "test")


@pytest.fixture(scope="module")
def result(deriving: Contract, hospitals: dict[str, Records]) -> FederationResult:
    return run_in_process(deriving, hospitals, settings())


@pytest.fixture(scope="module")
def bundles(result: FederationResult, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("bundles")
    written = write_bundles(folder, "run-0001", settings(), result)
    return {str(name): path for name, path in written.items()}


def test_every_kind_of_model_learns_from_derived_features(
    result: FederationResult, hospitals: dict[str, Records]
) -> None:
    names = result.preparation.preprocessor.column_names()
    assert {"effort", "age_band = below 45", "age_band = 60 and above", "silent"} <= set(names)
    for name in MODEL_NAMES:
        assert comparison(result.federated, name)["overall"]["group"]["auc"] > 0.75, name


def test_the_statistics_are_those_of_all_rows(
    deriving: Contract, result: FederationResult, hospitals: dict[str, Records]
) -> None:
    table = pd.concat([each.table for each in hospitals.values()], ignore_index=True)
    heart_rate, age = table["maximum_heart_rate"], table["age"]
    # Training rows only, so that means are near and not the same.
    step = next(each for each in result.preparation.preprocessor.steps if each.feature == "effort")
    expected = (heart_rate / (220 - age)).clip(0, 2)
    assert step.kind == "numeric"
    assert step.mean == pytest.approx(expected.mean(), abs=0.05)
    # The signs are known only where both features are.
    assert result.summary.features["silent"].missing > result.summary.features["chest_pain"].missing


def test_a_hospital_derives_alike_however_its_records_came(
    deriving: Contract, hospitals: dict[str, Records]
) -> None:
    plain = hospitals["north"]
    stale = Records(with_derived(deriving, plain.table).assign(effort=0.0), plain.labels)
    first, second = (
        Hospital("north", deriving, partial(LocalRecords, each)).local.records.table
        for each in (plain, stale)
    )
    pd.testing.assert_frame_equal(first, second)
    assert list(first.columns) == list(deriving.features)


@pytest.mark.parametrize("name", MODEL_NAMES)
def test_a_bundle_answers_from_what_was_recorded_one_by_one_or_together(
    bundles: dict[str, Path], deriving: Contract, hospitals: dict[str, Records], name: str
) -> None:
    bundle: Bundle = read_bundle(bundles[name])
    table = hospitals["east"].table
    together = bundle.predict(table)
    alone = np.vstack([bundle.predict(table.iloc[[row]]) for row in range(len(table))])
    np.testing.assert_allclose(alone, together, atol=1e-6)
    np.testing.assert_array_equal(bundle.predict(with_derived(deriving, table)), together)


def test_golden_cases_hold_recorded_features_only(
    bundles: dict[str, Path], contract: Contract
) -> None:
    content = json.loads((bundles["random_forest"] / GOLDEN_CASES).read_text())
    assert list(content["cases"]) == list(contract.features)


def test_a_reason_is_a_recorded_finding_with_all_that_follows_from_it(
    bundles: dict[str, Path], hospitals: dict[str, Records]
) -> None:
    bundle = read_bundle(bundles["boosted_trees"])
    patient = hospitals["east"].table.iloc[[0]].reset_index(drop=True)
    words = {finding.words.split(":")[0] for finding in explain(bundle, patient, 1)}
    assert words <= {feature.description for feature in bundle.contract.recorded.values()}


def test_leaving_a_feature_out_leaves_out_what_is_derived_from_it(
    deriving: Contract, hospitals: dict[str, Records]
) -> None:
    without = settings(models=["random_forest"], task={"exclude_features": ["age"]})
    found = run_in_process(deriving, hospitals, without)
    assert {"effort", "age_band", "age"}.isdisjoint(found.contract.features)
    assert "silent" in found.contract.features


def test_synthetic_rows_follow_their_own_expressions(
    deriving: Contract, hospitals: dict[str, Records]
) -> None:
    from client.training.synthetic_rows import synthetic_rows
    from shared.augmentation_settings import AugmentationSettings

    records = hospitals["north"]
    whole = Records(with_derived(deriving, records.table), records.labels)
    wanted = AugmentationSettings(method="smote", minority_share=1.0)
    made = synthetic_rows(deriving, whole, wanted, seed=1)
    assert len(made) > 20
    pd.testing.assert_frame_equal(made.table, with_derived(deriving, made.table))


def test_a_run_with_a_guarantee_counts_derived_features_too(
    deriving: Contract, hospitals: dict[str, Records]
) -> None:
    private = {"guarantee": "differential", "epsilon": 50.0, "summary": "features"}
    chosen = settings(models=["neural_network"], privacy=private, minimum_hospitals=3)
    found = run_in_process(deriving, hospitals, chosen)
    assert "effort" in found.preparation.preprocessor.column_names()
