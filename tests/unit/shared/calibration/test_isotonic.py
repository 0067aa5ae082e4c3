"""Monotone curves from binned scores against scikit-learn's on the rows."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError
from sklearn.isotonic import IsotonicRegression

from shared.calibration.grids import from_log_odds, to_log_odds
from shared.calibration.isotonic import MonotoneCurve, apply_isotonic, fit_curve, fit_isotonic
from tests.unit.shared.calibration.patients import Patients, true_patients


def bent(patients: Patients) -> Patients:
    """Return probabilities that no temperature repairs."""
    shifted = patients.probabilities * np.array([4.0, 1.0, 0.5, 0.2])
    return Patients(shifted / shifted.sum(axis=1, keepdims=True), patients.candidates)


def test_each_curve_is_close_to_scikit_learns() -> None:
    patients = bent(true_patients(20_000, 1))
    for index, curve in enumerate(fit_isotonic(patients.counts())):
        raw = patients.probabilities[:, index]
        theirs = IsotonicRegression(out_of_bounds="clip").fit(raw, patients.candidates[:, index])
        between = np.quantile(raw, np.linspace(0.02, 0.98, 30))
        ours = from_log_odds(curve.apply(to_log_odds(between)))
        assert np.abs(ours - theirs.predict(between)).mean() < 0.02


def test_bent_probabilities_are_straightened() -> None:
    curves = fit_isotonic(bent(true_patients(5_000, 2)).counts())
    fresh = bent(true_patients(5_000, 3))
    straight = apply_isotonic(fresh.probabilities, curves)
    np.testing.assert_allclose(straight.sum(axis=1), 1)
    best = fresh.log_loss(true_patients(5_000, 3).probabilities)
    lost = fresh.log_loss(fresh.probabilities) - best
    assert lost > 0.2
    # Each class has its own curve; what bends them together is not undone in full.
    assert fresh.log_loss(straight) - best < lost / 4


@pytest.mark.parametrize("seed", range(5))
def test_curves_never_fall(seed: int) -> None:
    grid = np.linspace(-14, 14, 500)
    for curve in fit_isotonic(true_patients(40, seed).counts()):
        assert (np.diff(curve.apply(grid)) >= 0).all()


def test_a_class_without_rows_keeps_its_probability() -> None:
    others = np.zeros(240, dtype=int)
    others[100:110] = 7
    assert fit_curve([0] * 240, others.tolist()) == MonotoneCurve()


def test_no_probability_becomes_zero_after_few_rows() -> None:
    of_class, others = np.zeros(240, dtype=int), np.zeros(240, dtype=int)
    of_class[200], others[100] = 3, 50
    lowest = from_log_odds(fit_curve(of_class.tolist(), others.tolist()).apply(np.array([-2.0])))
    assert 0.001 < lowest[0] < 0.1


def test_very_many_classes_share_one_curve() -> None:
    patients = true_patients(300, 4, classes=150)
    curves = fit_isotonic(patients.counts())
    assert len(curves) == 1
    np.testing.assert_allclose(apply_isotonic(patients.probabilities, curves).sum(axis=1), 1)


@pytest.mark.parametrize(
    ("raw", "calibrated"), [([0, 1], [0]), ([1, 1], [0, 1]), ([0, 1], [1, 0]), ([0, 1], [0, 1e9])]
)
def test_what_is_no_curve_is_refused(raw: list[float], calibrated: list[float]) -> None:
    with pytest.raises(ValidationError):
        MonotoneCurve(raw=raw, calibrated=calibrated)
