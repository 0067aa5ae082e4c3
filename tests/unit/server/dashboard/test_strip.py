"""A run as a strip: who answered, who is missing and why, what is still to come."""

from __future__ import annotations

from dataclasses import replace

from server.dashboard.strip import MOST_COLUMNS, strip_of
from server.home import CoordinatorHome
from server.rounds import RoundRecord
from server.run_store import RunStore
from shared.run_settings import RunSettings
from tests.sample_federation import NAMES


def test_what_is_asked_now_and_what_is_to_come_follow_what_is_done(
    sample: CoordinatorHome,
) -> None:
    store = RunStore(sample.engine())
    found = strip_of(store.read("run-0030"), store.rounds("run-0030"), NAMES)
    states = [column.cells["Valencia"].state for column in found.columns]
    assert states == [*["answered"] * 3, "left_out", *["answered"] * 3, "asked", *["planned"] * 3]
    assert [each.number for each in found.columns] == list(range(11))
    assert found.missing == {"Valencia": "no answer within 60 s"}
    assert [(question, count) for question, _, count in found.groups] == [
        ("query.summarise", 1),
        ("train", 10),
    ]


def test_a_long_run_shows_its_last_rounds(sample: CoordinatorHome) -> None:
    store = RunStore(sample.engine())
    settings = RunSettings.model_validate({"neural_network": {"rounds": 12}})
    run = replace(store.read("run-0030"), settings=settings, message="")
    one = RoundRecord(
        question="evaluate", invited=["Lyon"], answered=["Lyon"], left_out={}, seconds=1
    )
    records = [one.model_copy(update={"question": f"part: {each}"}) for each in range(80)]
    found = strip_of(replace(run, status="completed"), records, NAMES)
    assert len(found.columns) == MOST_COLUMNS
    assert found.before == 80 - MOST_COLUMNS
    assert found.columns[-1].question == "part: 79"
    assert {cell.state for cell in found.columns[-1].cells.values()} == {"answered", "not_asked"}


def test_a_run_that_ended_promises_nothing(sample: CoordinatorHome) -> None:
    store = RunStore(sample.engine())
    found = strip_of(store.read("run-0013"), store.rounds("run-0013"), NAMES)
    assert len(found.columns) == 4
    assert set(found.missing) == set(NAMES[2:])
