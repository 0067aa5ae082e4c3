"""What every kind of model must stand, whatever the hospitals are like."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from server.federation_result import FederationResult
from server.results import comparison
from shared.contract import Contract
from shared.records import Records
from shared.run_settings import RunSettings, run_settings
from simulations.in_process import run_in_process
from tests.conftest import learnable_records

KINDS: dict[str, dict[str, Any]] = {
    "neural_network": {"rounds": 40},
    "boosted_trees": {},
    "bagged_boosted_trees": {"method": "bagging", "rounds": 5, "trees_per_round": 4},
    "random_forest": {"trees": 40},
}


def settings_of(kind: str, **changes: object) -> RunSettings:
    model = kind.removeprefix("bagged_")
    content = {"models": [model], "compare_alone": False, model: KINDS[kind], "seed": 1}
    return run_settings({**content, **changes}, [], "test")


@pytest.fixture(scope="module")
def hospitals(contract: Contract) -> dict[str, Records]:
    sizes = {"north": 120, "south": 70, "east": 40}
    return {
        name: learnable_records(contract, rows, seed)
        for seed, (name, rows) in enumerate(sizes.items())
    }


def area(result: FederationResult, way: str) -> float:
    """Return the area over hospitals' held-out rows, weighted by rows."""
    name = next(iter(result.models))
    evaluations = result.federated if way == "federated" else result.alone
    groups = [each["group"] for each in comparison(evaluations, name)["by_hospital"].values()]
    return float(np.average([each["auc"] for each in groups], weights=[e["rows"] for e in groups]))


@pytest.mark.parametrize("kind", KINDS)
def test_federated_is_no_worse_than_hospitals_alone(
    contract: Contract, hospitals: dict[str, Records], kind: str
) -> None:
    areas = []
    for fold in range(3):
        holdout = {"folds": 3, "fold": fold}
        settings = settings_of(kind, compare_alone=True, holdout=holdout)
        result = run_in_process(contract, hospitals, settings)
        areas.append([area(result, "federated"), area(result, "alone")])
    federated, alone = np.mean(areas, axis=0)
    assert federated >= alone
    assert federated > 0.75


@pytest.mark.parametrize("kind", KINDS)
def test_the_order_of_hospitals_does_not_matter(
    contract: Contract, hospitals: dict[str, Records], kind: str
) -> None:
    turned = dict(reversed(hospitals.items()))
    first, second = (
        run_in_process(contract, each, settings_of(kind)).models for each in (hospitals, turned)
    )
    name = next(iter(first))
    for key, array in first[name].items():
        np.testing.assert_allclose(second[name][key], array, rtol=1e-5, atol=1e-6)


def odd_hospital(contract: Contract, oddity: str) -> Records:
    records = learnable_records(contract, 40, 9)
    if oddity == "one class":
        return records.take(np.flatnonzero(records.labels == "none"))
    if oddity == "one patient":
        return records.take(np.array([0]))
    if oddity == "zero rows":
        return records.take(np.empty(0, dtype=np.intp))
    if oddity == "no leaf labels":
        return Records(records.table, np.full(len(records), "disease", dtype=object))
    table = records.table.copy()
    table[["cholesterol", "chest_pain"]] = np.nan
    table["chest_pain"] = None
    return Records(table, records.labels)


ODDITIES = ["one class", "one patient", "zero rows", "no leaf labels", "a column is missing"]


@pytest.mark.parametrize("oddity", ODDITIES)
@pytest.mark.parametrize("kind", KINDS)
def test_an_odd_hospital_spoils_nothing(
    contract: Contract, hospitals: dict[str, Records], kind: str, oddity: str
) -> None:
    odd = {**hospitals, "odd": odd_hospital(contract, oddity)}
    result = run_in_process(contract, odd, settings_of(kind, compare_alone=True))
    usual = run_in_process(contract, hospitals, settings_of(kind))
    name = next(iter(result.models))
    assert {"north", "south", "east"} <= set(result.federated)
    if oddity == "zero rows":
        assert "odd" not in result.hospitals
        assert "no rows" in result.left_out["odd"]
    else:
        assert "odd" in result.hospitals
        assert result.left_out == {}
    without = {key: each for key, each in result.federated.items() if key != "odd"}
    found = comparison(without, name)["overall"]["group"]["auc"]
    expected = comparison(usual.federated, name)["overall"]["group"]["auc"]
    assert found > expected - 0.05
