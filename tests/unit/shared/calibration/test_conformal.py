"""Prediction sets hold the true class as often as they say."""

from __future__ import annotations

import numpy as np
import pytest

from shared.calibration import Calibrator, HospitalCounts, fit, merge_counts
from shared.calibration.conformal import EVERY_CLASS, conformal_cut_offs, prediction_sets
from shared.calibration.counts import empty
from shared.calibration.settings import CalibrationSettings
from shared.errors import JuntosError
from tests.unit.shared.calibration.patients import partition, true_patients

COVERAGES = [0.5, 0.8, 0.9, 0.95]
DRAWS = 300


@pytest.mark.parametrize("rows", [25, 100])
@pytest.mark.parametrize("temperature", [1.0, 3.0])
def test_coverage_holds_on_average_whatever_the_model(rows: int, temperature: float) -> None:
    covered = {coverage: [] for coverage in COVERAGES}
    for seed in range(DRAWS):
        seen = true_patients(rows, seed).distorted(temperature)
        fresh = true_patients(200, DRAWS + seed).distorted(temperature)
        for coverage, least in conformal_cut_offs(seen.counts(), COVERAGES).items():
            sets = prediction_sets(fresh.probabilities, least)
            covered[coverage].append((sets & fresh.candidates).any(axis=1).mean())
    for coverage, shares in covered.items():
        error = np.std(shares) / np.sqrt(DRAWS)
        assert np.mean(shares) > coverage - 3 * error
        # One row more or less, and the width of a bin.
        assert np.mean(shares) < coverage + 2 / rows + 0.02


def test_coverage_is_that_of_all_hospitals_together() -> None:
    patients = true_patients(300, 1)
    parts = [part.counts() for part in partition(patients, 4, 1).values()]
    together = conformal_cut_offs(merge_counts(parts), COVERAGES)
    assert together == conformal_cut_offs(patients.counts(), COVERAGES)


def test_coarse_labels_are_covered_whatever_the_truth_is() -> None:
    patients = true_patients(500, 2, coarse_share=0.5)
    cut_offs = conformal_cut_offs(patients.counts(), [0.9])
    sets = prediction_sets(patients.probabilities, cut_offs[0.9])
    assert (sets | ~patients.candidates).all(axis=1).mean() >= 0.9
    left_out = conformal_cut_offs(patients.counts(), [0.9], "left_out")
    assert left_out[0.9] > cut_offs[0.9]


def test_too_few_rows_give_every_class() -> None:
    assert conformal_cut_offs(true_patients(8, 3).counts(), [0.9]) == {0.9: EVERY_CLASS}
    assert conformal_cut_offs(empty(4), [0.5]) == {0.5: EVERY_CLASS}
    assert conformal_cut_offs(true_patients(9, 3).counts(), [0.9])[0.9] > EVERY_CLASS


def test_the_worst_row_seen_is_covered_by_its_own_cut_off() -> None:
    patients = true_patients(99, 4)
    least = conformal_cut_offs(patients.counts(), [0.99])[0.99]
    assert (prediction_sets(patients.probabilities, least) & patients.candidates).any(axis=1).all()


def test_sets_that_were_not_fitted_are_refused() -> None:
    patients = true_patients(200, 5)
    calibrator = fit({"a": HospitalCounts(patients.counts())}, CalibrationSettings(method="none"))
    assert calibrator.prediction_sets(patients.probabilities, 0.9).shape == (200, 4)
    with pytest.raises(JuntosError, match=r"coverage 0\.7"):
        calibrator.prediction_sets(patients.probabilities, 0.7)
    with pytest.raises(JuntosError, match=r"coverage 0\.9"):
        Calibrator.identity(4).prediction_sets(patients.probabilities, 0.9)
