from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from shared.errors import JuntosError, SettingsError
from shared.secret_sum import FixedPoint


@seed(1)
@settings(max_examples=200, deadline=None)
@given(
    bits=st.integers(0, 62),
    bound=st.floats(1e-6, 1e12),
    members=st.integers(1, 1000),
)
def test_what_is_allowed_never_wraps_and_what_would_is_refused(
    bits: int, bound: float, members: int
) -> None:
    exact = Fraction(bound) * 2**bits
    try:
        point = FixedPoint(bits, bound, members)
    except SettingsError:
        assert members * (int(exact) + 1) >= 2**63
        return
    extreme = np.array([bound, -bound])
    encoded = [int(each) for each in point.encode(extreme)]
    assert all(abs(each) <= point.largest for each in encoded)
    assert members * max(encoded) < 2**63
    assert members * min(encoded) > -(2**63)
    assert abs(encoded[0] - exact) <= Fraction(1, 2)
    assert encoded[0] == -encoded[1]


def test_the_limit_is_exact() -> None:
    assert FixedPoint(62, 1.0, 1).largest == 2**62
    with pytest.raises(SettingsError, match="63 bits"):
        FixedPoint(62, 1.0, 2)
    FixedPoint(0, float(2**53), 2**10 - 1)
    with pytest.raises(SettingsError, match="63 bits"):
        FixedPoint(0, float(2**53), 2**10)


@seed(2)
@settings(max_examples=100, deadline=None)
@given(values=st.lists(st.floats(-8, 8, width=32), min_size=1, max_size=30))
def test_a_decoded_sum_is_the_sum_to_half_a_unit_per_member(values: list[float]) -> None:
    point = FixedPoint(bits=24, bound=8.0, members=3)
    parts = [np.array(values), np.array(values[::-1]), -0.5 * np.array(values)]
    total = sum((point.encode(each) for each in parts), np.zeros(len(values), dtype=np.int64))
    assert np.abs(point.decode(total) - sum(parts)).max() <= 3 * 2.0**-25


@pytest.mark.parametrize("value", [1.0000001, -2.0, np.nan, np.inf, -np.inf])
def test_values_beyond_the_bound_are_refused_without_naming_them(value: float) -> None:
    with pytest.raises(JuntosError, match="declared bound of 1") as caught:
        FixedPoint(20, 1.0, 4).encode(np.array([0.0, value]))
    assert str(value) not in str(caught.value)


@pytest.mark.parametrize("bound", [0.0, -1.0, np.nan, np.inf])
def test_a_bound_that_is_none_is_refused(bound: float) -> None:
    with pytest.raises(SettingsError, match="finite"):
        FixedPoint(20, bound, 4)


@pytest.mark.parametrize(("bits", "members"), [(-1, 2), (63, 2), (10, 0)])
def test_bits_and_members_out_of_range_are_refused(bits: int, members: int) -> None:
    with pytest.raises(SettingsError, match="62 bits"):
        FixedPoint(bits, 1.0, members)
