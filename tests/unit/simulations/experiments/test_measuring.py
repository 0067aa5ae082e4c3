"""Noise grows from hospital to hospital, and nothing leaves the contract's range."""

from __future__ import annotations

import numpy as np

from shared.contract import Contract
from shared.features import NumericFeature
from simulations.experiments.measuring import measured_differently
from tests.conftest import learnable_records


def test_noise_grows_from_the_first_hospital_to_the_last(contract: Contract) -> None:
    hospitals = {f"h{index}": learnable_records(contract, 800, index) for index in range(4)}
    found = measured_differently(hospitals, contract, 0.5, seed=0)
    feature = next(each for each in contract.recorded.values() if isinstance(each, NumericFeature))
    name = feature.name
    moved = [float(np.nanstd(found[h].table[name] - hospitals[h].table[name])) for h in hospitals]
    assert moved == sorted(moved)
    assert 2.5 < moved[-1] / moved[0] < 5.5
    for records in found.values():
        values = records.table[name].dropna()
        assert feature.minimum <= values.min()
        assert values.max() <= feature.maximum
        assert list(records.table.columns) == list(contract.features)


def test_without_noise_nothing_is_touched(contract: Contract) -> None:
    hospitals = {"one": learnable_records(contract, 10, 0)}
    assert measured_differently(hospitals, contract, 0.0, seed=0)["one"] is hospitals["one"]
