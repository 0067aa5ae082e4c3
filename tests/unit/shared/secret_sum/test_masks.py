"""What a masked vector looks like to whoever lacks a seed."""

from __future__ import annotations

import time

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

from client.secret_sum import HospitalSums
from shared.errors import JuntosError
from shared.secret_sum import Vector
from shared.secret_sum.masks import masked
from shared.secret_sum.pair_secrets import mask_seed, pair_secret
from tests.unit.shared.secret_sum.hospitals import RUN, cohort, question, run_key

QUESTIONS, VALUES = 500, 128
# All keys come from fixed seeds, so that these tests give the same figures every time.
UNLIKELY = 1e-4
PLAIN: Vector = np.arange(VALUES, dtype=np.int64) % 7 - 3


def views(hospital: HospitalSums, plain: Vector, prefix: str) -> npt.NDArray[np.int64]:
    """Return what the coordinator gets for many questions; shape (questions, values)."""
    return np.stack(
        [
            hospital.answer(
                question(f"{prefix}{number}", "abc"), lambda: plain, noise_is_whole=True
            )
            for number in range(QUESTIONS)
        ]
    )


def uniformity(view: npt.NDArray[np.int64]) -> list[float]:
    """Return the p-value of each of the 8 bytes of the numbers being uniform."""
    numbers = np.ascontiguousarray(view).view(np.uint8).reshape(-1, 8)
    counts = [np.bincount(numbers[:, place], minlength=256) for place in range(8)]
    return [float(stats.chisquare(each).pvalue) for each in counts]


def correlation(first: npt.NDArray[np.int64], second: npt.NDArray[np.int64]) -> float:
    """Return the correlation in units of its standard deviation under independence."""
    pairs = np.broadcast_arrays(first.astype(float), second.astype(float))
    found = np.corrcoef(pairs[0].ravel(), pairs[1].ravel())[0, 1]
    return abs(float(found)) * np.sqrt(pairs[0].size)


def without_mask_of(view: Vector, own: str, other: str, name: str) -> Vector:
    """Take out the mask that a hospital which works with the coordinator knows."""
    pair = (other, run_key(other).private), (own, run_key(own).private.public_key())
    seed = mask_seed(pair_secret(*pair, RUN), question(name, "abc"))
    mask = masked(np.zeros_like(view), own, {other: seed})
    return (view.view(np.uint64) - mask.view(np.uint64)).view(np.int64)


def test_the_view_of_one_hospital_is_uniform() -> None:
    assert max(uniformity(np.tile(PLAIN, (QUESTIONS, 1)))) < UNLIKELY
    for name, hospital in cohort("abc").items():
        assert min(uniformity(views(hospital, PLAIN, "q"))) > UNLIKELY, name


def test_the_view_is_unrelated_to_the_vector() -> None:
    view = views(cohort("abc")["b"], PLAIN, "q")
    assert correlation(view, PLAIN) < 4
    for bit in (0, 1, 31, 62, 63):
        assert correlation((view >> bit) & 1, PLAIN) < 4
        assert correlation((view >> bit) & 1, PLAIN & 1) < 4


def test_views_of_the_same_vector_in_two_questions_are_unrelated() -> None:
    hospital = cohort("abc")["a"]
    first, second = views(hospital, PLAIN, "p"), views(hospital, PLAIN, "q")
    assert not (first == second).any()
    assert correlation(first, second) < 4
    difference = (first.view(np.uint64) - second.view(np.uint64)).view(np.int64)
    assert min(uniformity(difference)) > UNLIKELY


def test_views_of_two_vectors_cannot_be_told_apart() -> None:
    small = views(cohort("abc")["a"], np.zeros(VALUES, dtype=np.int64), "q")
    large = views(cohort("abc")["a"], np.full(VALUES, 2**61), "p")
    assert stats.ks_2samp(small.ravel(), large.ravel()).pvalue > UNLIKELY


def test_one_dishonest_hospital_of_three_does_not_help_the_coordinator() -> None:
    seen = views(cohort("abc")["a"], PLAIN, "q")
    known = np.stack(
        [without_mask_of(view, "a", "c", f"q{number}") for number, view in enumerate(seen)]
    )
    assert min(uniformity(known)) > UNLIKELY
    assert correlation(known, PLAIN) < 4
    # All others together do see it: a sum of two tells each of them the other's part.
    alone = without_mask_of(known[0], "a", "b", "q0")
    assert (alone == PLAIN).all()


@pytest.mark.parametrize("size", [0, 1, 32_767, 32_768, 32_769, 100_000])
def test_masks_of_any_length_cancel(size: int) -> None:
    vector = np.arange(size) - size // 2
    first, second = masked(vector, "a", {"b": b"s" * 32}), masked(vector, "b", {"a": b"s" * 32})
    assert (first.view(np.uint64) + second.view(np.uint64) == (2 * vector).view(np.uint64)).all()
    assert size == 0 or not (first == vector).any()
    if size > 32_768:
        stream = (first - vector).tolist()
        assert stream[:1000] != stream[32_768:33_768]


def test_shape_and_order_are_kept_and_the_vector_is_not_touched() -> None:
    vector = np.arange(6).reshape(2, 3).T
    found = masked(vector, "a", {"b": b"s" * 32})
    assert (vector == np.arange(6).reshape(2, 3).T).all()
    again = masked(np.ascontiguousarray(vector), "a", {"b": b"s" * 32})
    assert found.shape == (3, 2)
    assert (found == again).all()


def test_other_types_are_refused() -> None:
    with pytest.raises(JuntosError, match="not float64"):
        masked(np.zeros(3), "a", {})  # type: ignore[arg-type]


def test_a_million_values_and_nine_others_take_well_under_half_a_second() -> None:
    vector = np.arange(1_000_000)
    seeds = {f"hospital_{number}": bytes([number]) * 32 for number in range(9)}
    begun = time.perf_counter()
    masked(vector, "hospital_own", seeds)
    assert time.perf_counter() - begun < 0.5
