"""The temperature from counts is the one that rows in one place would give."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from shared.calibration import CalibrationSettings, HospitalCounts, fit
from shared.calibration.counts import empty
from shared.calibration.temperature import apply_temperature, fit_temperature
from tests.unit.shared.calibration.patients import Patients, partition, true_patients


def best_temperature(patients: Patients) -> float:
    def loss(logarithm: float) -> float:
        return patients.log_loss(apply_temperature(patients.probabilities, np.exp(logarithm)))

    found = minimize_scalar(loss, bounds=(-2.3, 2.3), method="bounded", options={"xatol": 1e-6})
    return float(np.exp(found.x))


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("temperature", [0.3, 1.0, 2.5])
@pytest.mark.parametrize("coarse_share", [0.0, 0.4])
def test_it_is_what_an_optimiser_finds(seed: int, temperature: float, coarse_share: float) -> None:
    patients = true_patients(300, seed, coarse_share=coarse_share).distorted(temperature)
    assert fit_temperature(patients.counts()) == pytest.approx(best_temperature(patients), rel=0.01)


def test_a_known_distortion_is_undone() -> None:
    patients = true_patients(20_000, 1).distorted(2.0)
    assert fit_temperature(patients.counts()) == pytest.approx(2.0, rel=0.05)


def test_hospitals_together_give_what_one_place_gives() -> None:
    patients = true_patients(400, 2, coarse_share=0.2).distorted(1.7)
    parts = partition(patients, 5, 2)
    together = fit(
        {name: HospitalCounts(part.counts()) for name, part in parts.items()}, CalibrationSettings()
    )
    assert together.temperature == pytest.approx(fit_temperature(patients.counts()), rel=1e-9)


def test_without_rows_nothing_changes() -> None:
    assert fit_temperature(empty(4)) == 1.0


def test_it_keeps_order_and_sums() -> None:
    probabilities = true_patients(50, 3).probabilities
    softened = apply_temperature(probabilities, 3.0)
    np.testing.assert_allclose(softened.sum(axis=1), 1)
    np.testing.assert_array_equal(probabilities.argsort(axis=1), softened.argsort(axis=1))
    assert (softened.max(axis=1) < probabilities.max(axis=1)).all()
