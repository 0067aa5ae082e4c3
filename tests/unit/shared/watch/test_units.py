"""Numbers in another unit, and numbers that only moved."""

from __future__ import annotations

import numpy as np
import pytest

from shared.contract import NumericFeature
from shared.watch.units import best_scale, moved_histogram, scales_of, share_outside

ROWS = 400


def feature(
    unit: str, low: float, high: float, bins: int, analyte: str | None = None
) -> NumericFeature:
    return NumericFeature(
        name="x",
        kind="numeric",
        description="x",
        unit=unit,
        minimum=low,
        maximum=high,
        bins=bins,
        analyte=analyte,
    )


def histogram(of: NumericFeature, values: np.ndarray) -> np.ndarray:
    return np.histogram(values, of.bins, (of.minimum, of.maximum))[0].astype(float)


GLUCOSE = feature("mmol/L", 0, 500, 250, "glucose")
CASES = {
    "mg/dL": (GLUCOSE, 5.6, 18.0156),
    "mmol/L": (feature("mg/dL", 0, 700, 140, "cholesterol"), 230.0, 1 / 38.665),
    "kPa": (feature("mm[Hg]", 0, 260, 260), 130.0, 0.133322),
    "cm": (feature("m", 0, 300, 1_500), 1.7, 100.0),
    "mo": (feature("a", 0, 1_500, 300), 50.0, 12.0),
}


@pytest.mark.parametrize("unit", CASES)
@pytest.mark.parametrize("share", [1.0, 0.4])
def test_a_known_unit_is_named_whole_or_in_part(unit: str, share: float) -> None:
    of, middle, factor = CASES[unit]
    generator = np.random.default_rng(5)
    first, last = middle * np.exp(generator.normal(0, 0.18, (2, ROWS)))
    moved = generator.random(ROWS) < share
    fit = best_scale(of, histogram(of, first), histogram(of, np.where(moved, factor * last, last)))
    assert fit is not None
    assert fit.scale.unit == unit
    assert fit.scale.factor == pytest.approx(factor, rel=2e-3)
    assert fit.share == pytest.approx(share, abs=0.1)


def test_degrees_have_an_offset() -> None:
    of = feature("Cel", 30, 110, 160)
    first, last = np.random.default_rng(1).normal(37, 0.6, (2, ROWS))
    fit = best_scale(of, histogram(of, first), histogram(of, 1.8 * last + 32))
    assert fit is not None
    assert fit.scale.unit == "[degF]"


@pytest.mark.parametrize("factor", [0.7, 0.9, 1.0, 1.15, 1.4])
@pytest.mark.parametrize("spread", [0.8, 1.0, 1.5])
def test_patients_who_changed_are_in_no_other_unit(factor: float, spread: float) -> None:
    of = feature("mg/dL", 0, 700, 140, "cholesterol")
    generator = np.random.default_rng(2)
    first = 230 * np.exp(generator.normal(0, 0.2, ROWS))
    last = 230 * factor * np.exp(generator.normal(0, 0.2 * spread, ROWS))
    assert best_scale(of, histogram(of, first), histogram(of, last)) is None


def test_a_histogram_moves_as_its_numbers_do() -> None:
    values = 5.6 * np.exp(np.random.default_rng(3).normal(0, 0.3, 200_000))
    scale = next(each for each in scales_of("mmol/L", "glucose") if each.unit == "mg/dL")
    fine = feature("mmol/L", 0, 500, 4_000, "glucose")
    moved = moved_histogram(fine, histogram(fine, values), scale)
    exact = histogram(fine, values * scale.factor)
    assert moved.sum() == pytest.approx(exact.sum(), rel=1e-3)
    coarse = moved.reshape(-1, 80).sum(axis=1), exact.reshape(-1, 80).sum(axis=1)
    np.testing.assert_allclose(*coarse, atol=1_500)


def test_what_leaves_the_range_is_gone() -> None:
    of = feature("mg/dL", 50, 700, 130, "cholesterol")
    counts = histogram(of, np.random.default_rng(0).normal(230, 40, ROWS))
    scale = next(each for each in scales_of("mg/dL", "cholesterol") if each.unit == "mmol/L")
    assert share_outside(of, counts, scale) == 1.0
    assert moved_histogram(of, counts, scale).sum() == 0
