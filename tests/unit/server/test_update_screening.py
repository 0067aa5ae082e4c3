"""Which updates are out of proportion."""

from __future__ import annotations

import math

import pytest

from server.update_screening import exploded_updates


@pytest.mark.parametrize(
    ("norms", "found"),
    [
        ({}, []),
        ({1: 3.0}, []),
        ({1: 3.0, 2: 250.0}, []),
        ({1: 3.0, 2: 350.0}, [2]),
        ({1: 0.0, 2: 0.0, 3: 5.0}, []),
        ({1: 1.0, 2: 2.0, 3: math.inf}, [3]),
        ({1: 1.0, 2: math.nan, 3: 2.0}, [2]),
        ({1: 1e10, 2: 1e10, 3: 1e10}, [1, 2, 3]),
        ({1: 1.0, 2: 1.0, 3: 1.0, 4: 200.0, 5: 300.0}, [4, 5]),
    ],
)
def test_far_larger_than_the_lower_median(norms: dict[int, float], found: list[int]) -> None:
    assert sorted(exploded_updates(norms, limit=100)) == found


def test_the_reason_gives_both_norms() -> None:
    reasons = exploded_updates({1: 2.0, 2: 2.0, 3: 1e6}, limit=100)
    assert reasons == {3: "its update has norm 1e+06; the median of all hospitals is 2"}
