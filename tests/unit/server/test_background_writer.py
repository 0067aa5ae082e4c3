"""Writing beside the rounds, in order, and losing no error."""

from __future__ import annotations

import threading

import pytest

from server.background_writer import BackgroundWriter


def test_everything_is_written_in_order() -> None:
    written: list[int] = []
    with BackgroundWriter() as writer:
        for number in range(50):
            writer.write(lambda number=number: written.append(number))  # type: ignore[misc]
    assert written == list(range(50))


def test_only_the_latest_of_a_name_is_written_at_its_place_in_the_order() -> None:
    written: list[str] = []
    with BackgroundWriter() as writer:
        hold = threading.Event()
        writer.write(lambda: written.append("first") if hold.wait(10) else None)
        writer.write(lambda: written.append("early"), "checkpoint")
        writer.write(lambda: written.append("record"))
        writer.write(lambda: written.append("late"), "checkpoint")
        hold.set()
    assert written == ["first", "record", "late"]


def test_after_flushing_all_is_written() -> None:
    written: list[int] = []
    with BackgroundWriter() as writer:
        for number in range(3):
            writer.write(lambda number=number: written.append(number))  # type: ignore[misc]
            writer.flush()
            assert written == list(range(number + 1))


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
