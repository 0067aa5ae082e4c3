from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shared.supervision.backoff import Backoff


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_waits_double_up_to_the_longest() -> None:
    backoff = Backoff(10, Clock())
    assert [backoff.failed() for _ in range(6)] == [1, 2, 4, 8, 10, 10]


def test_what_ran_for_long_begins_anew() -> None:
    clock = Clock()
    backoff = Backoff(10, clock)
    assert [backoff.failed() for _ in range(3)] == [1, 2, 4]
    backoff.started()
    clock.now = 10.5
    assert backoff.failed() == 1


def test_it_is_due_at_first_and_once_the_wait_is_over() -> None:
    clock = Clock()
    backoff = Backoff(60, clock)
    assert backoff.due
    wait = backoff.failed(hopeless=True)
    assert wait == 60
    assert not backoff.due
    clock.now = 60
    assert backoff.due


@given(failures=st.integers(1, 3000), longest=st.floats(0.1, 1e6))
def test_no_number_of_failures_breaks_it(failures: int, longest: float) -> None:
    backoff = Backoff(longest, Clock())
    waits = [backoff.failed() for _ in range(failures)]
    assert max(waits) <= longest
    assert waits == sorted(waits)
