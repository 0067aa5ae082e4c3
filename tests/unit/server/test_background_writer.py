"""Writing beside the rounds, in order, and losing no error."""

from __future__ import annotations

import threading

import pytest

from server.background_writer import MAXIMUM_PENDING, BackgroundWriter


def test_everything_is_written_in_order() -> None:
    written: list[int] = []
    with BackgroundWriter() as writer:
        for number in range(50):
            writer.write(lambda number=number: written.append(number))  # type: ignore[misc]
    assert written == list(range(50))


def test_no_more_than_a_few_writes_are_behind() -> None:
    hold, begun = threading.Event(), []
    with BackgroundWriter() as writer:
        for _ in range(MAXIMUM_PENDING):
            writer.write(hold.wait)  # type: ignore[arg-type]
        one_too_many = threading.Thread(target=lambda: writer.write(lambda: begun.append(1)))
        one_too_many.start()
        one_too_many.join(0.2)
        assert one_too_many.is_alive()
        hold.set()
        one_too_many.join(10)
    assert begun == [1]


def full_disk() -> None:
    raise OSError(28, "No space left on device")


def test_an_error_is_raised_at_the_latest_at_the_end() -> None:
    with pytest.raises(OSError, match="No space left"), BackgroundWriter() as writer:
        writer.write(full_disk)


def test_an_error_of_the_run_is_not_hidden_by_one_of_the_disk() -> None:
    def run() -> None:
        with BackgroundWriter() as writer:
            writer.write(full_disk)
            raise ValueError("the run's own")

    with pytest.raises(ValueError, match="the run's own"):
        run()
