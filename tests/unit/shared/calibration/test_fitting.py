"""From hospitals' counts to calibrators, and to honest ones."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from shared.calibration import (
    CalibrationSettings,
    Calibrator,
    HospitalCounts,
    count,
    fit,
    leave_one_out,
    maps_to_count,
)
from tests.unit.shared.calibration.patients import Patients, partition, true_patients

BEST = CalibrationSettings(method="best")


def both_answers(
    parts: dict[str, Patients], settings: CalibrationSettings
) -> dict[str, HospitalCounts]:
    """Answer both questions as hospitals do."""
    raw = {name: part.counts() for name, part in parts.items()}
    maps = maps_to_count(raw, settings)
    return {
        name: HospitalCounts(
            raw[name],
            {
                method: count(calibrator.apply(part.probabilities), part.candidates)
                for method, calibrator in maps[name].items()
            },
        )
        for name, part in parts.items()
    }


@pytest.mark.parametrize("method", ["none", "temperature", "isotonic", "best"])
def test_a_calibrator_travels_as_json(method: str) -> None:
    settings = CalibrationSettings.model_validate({"method": method})
    fitted = fit(both_answers(partition(true_patients(300, 1), 3, 1), settings), settings)
    assert Calibrator.model_validate_json(fitted.model_dump_json()) == fitted
    sums = fitted.apply(true_patients(20, 2).probabilities).sum(axis=1)
    np.testing.assert_allclose(sums, 1)


def test_the_map_does_not_depend_on_who_has_which_row() -> None:
    patients = true_patients(400, 3).distorted(2.0)
    settings = CalibrationSettings(method="isotonic")
    fitted = [
        fit(both_answers(partition(patients, hospitals, seed), settings), settings).curves
        for hospitals, seed in ((2, 1), (5, 2), (5, 3))
    ]
    assert fitted[0] == fitted[1] == fitted[2]


@pytest.mark.parametrize("method", ["temperature", "isotonic"])
def test_a_hospital_has_no_part_in_the_map_it_is_judged_with(method: str) -> None:
    settings = CalibrationSettings.model_validate({"method": method})
    parts = partition(true_patients(400, 4), 4, 4)
    name = next(iter(parts))
    liar = {**parts, name: parts[name].distorted(5.0)}
    for find in (
        lambda each: maps_to_count({key: part.counts() for key, part in each.items()}, settings)[
            name
        ][settings.methods[0]],
        lambda each: leave_one_out(both_answers(each, settings), settings)[name],
    ):
        honest, unmoved = find(parts), find(liar)
        assert (honest.temperature, honest.curves) == (unmoved.temperature, unmoved.curves)


def test_honest_figures_are_no_better_than_fresh_ones() -> None:
    gaps = []
    for seed in range(40):
        parts = partition(true_patients(60, seed), 3, seed)
        settings = CalibrationSettings(method="isotonic")
        answers = both_answers(parts, settings)
        honest = leave_one_out(answers, settings)
        loss = sum(p.log_loss(honest[n].apply(p.probabilities)) * len(p) for n, p in parts.items())
        fresh = true_patients(500, 1000 + seed)
        of_fresh = fresh.log_loss(fit(answers, settings).apply(fresh.probabilities))
        gaps.append(loss / 60 - of_fresh)
    assert np.mean(gaps) > -2 * np.std(gaps) / np.sqrt(len(gaps))


def test_the_best_method_is_the_best_on_rows_it_was_not_fitted_on() -> None:
    few = partition(true_patients(60, 5), 3, 5)
    assert fit(both_answers(few, BEST), BEST).method != "isotonic"
    bold = partition(true_patients(600, 6).distorted(3.0), 3, 6)
    assert fit(both_answers(bold, BEST), BEST).method != "none"
    bent = true_patients(6_000, 7)
    shifted = bent.probabilities * np.array([6.0, 1.0, 1.0, 0.1])
    shifted /= shifted.sum(axis=1, keepdims=True)
    parts = partition(Patients(shifted, bent.candidates), 3, 7)
    assert fit(both_answers(parts, BEST), BEST).method == "isotonic"


def test_a_lone_hospital_is_judged_with_what_nobody_fitted() -> None:
    alone = {"only": true_patients(100, 8).distorted(3.0)}
    settings = CalibrationSettings()
    answers = both_answers(alone, settings)
    assert leave_one_out(answers, settings)["only"].temperature == 1
    assert fit(answers, settings).temperature > 2


def test_who_answers_only_once_still_counts_for_the_map() -> None:
    parts = partition(true_patients(400, 9).distorted(2.0), 3, 9)
    settings = CalibrationSettings()
    answers = both_answers(parts, settings)
    name = next(iter(answers))
    once = {**answers, name: HospitalCounts(answers[name].raw)}
    assert fit(once, settings).temperature == fit(answers, settings).temperature


@pytest.mark.parametrize(
    "change",
    [
        {"thresholds": [0.5]},
        {"thresholds": [0.0] * 4},
        {"temperature": 0.0},
        {"temperature": 2.0},
        {"method": "isotonic"},
        {"cut_offs": {"1.5": 0.2}},
        {"unknown": 1},
    ],
)
def test_what_is_no_calibrator_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Calibrator.model_validate({**Calibrator.identity(4).model_dump(), **change})
