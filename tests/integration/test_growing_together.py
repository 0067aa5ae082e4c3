"""Boosted trees that hospitals grow together, with hospitals that come, go and make things up."""

from __future__ import annotations

import numpy as np
import pytest
from flwr.app import Array, ArrayRecord, Message, RecordDict

from client.training.local_models import train_alone
from server.federation_result import FederationResult
from server.results import comparison
from shared.contract import Contract
from shared.holdout import split
from shared.questions import ARRAYS_KEY, COUNT_ON_GRID, GROW
from shared.records import Records, concatenate
from shared.run_settings import RunSettings
from shared.session.faults import Fault
from shared.session.in_process import InProcessGrid
from simulations.in_process import run_in_process
from tests.conftest import learnable_records
from tests.integration.test_in_process_federation import quick_settings

# One question for the summaries, then those for the cut points.
ITERATIONS = 8


@pytest.fixture(scope="module")
def hospitals(contract: Contract) -> dict[str, Records]:
    sizes = {"north": 120, "south": 80, "east": 60}
    return {
        name: learnable_records(contract, rows, seed)
        for seed, (name, rows) in enumerate(sizes.items())
    }


@pytest.fixture(scope="module")
def settings() -> RunSettings:
    trees = {"rounds": ITERATIONS, "trees_per_round": 1, "row_share": 0.8}
    return quick_settings(models=["boosted_trees"], boosted_trees=trees, compare_alone=False)


@pytest.fixture(scope="module")
def undisturbed(
    contract: Contract, hospitals: dict[str, Records], settings: RunSettings
) -> FederationResult:
    return run_in_process(contract, hospitals, settings)


def test_the_run_gives_the_trees_of_the_pooled_rows(
    contract: Contract,
    hospitals: dict[str, Records],
    settings: RunSettings,
    undisturbed: FederationResult,
) -> None:
    view = settings.task.contract(contract)
    parts = [
        split(view, settings.task.records(contract, records), settings.holdout)[0]
        for records in hospitals.values()
    ]
    _, models = train_alone("pooled", view, concatenate(parts), settings)
    for name, array in models["boosted_trees"].items():
        np.testing.assert_array_equal(undisturbed.models["boosted_trees"][name], array)


@pytest.mark.parametrize("kind", ["silent", "error"])
def test_who_is_lost_in_an_iteration_is_in_the_next(
    contract: Contract,
    hospitals: dict[str, Records],
    settings: RunSettings,
    undisturbed: FederationResult,
    kind: str,
) -> None:
    asked = [record.question for record in undisturbed.rounds]
    place = asked.index(GROW) + 6
    iteration = undisturbed.rounds[place].number
    fault = Fault.__pydantic_validator__.validate_python(
        {"hospital": "east", "question": place, "kind": kind}
    )
    found = run_in_process(contract, hospitals, settings, faults=[fault])
    of_iteration = [each for each in found.rounds if each.number == iteration and not each.loss]
    of_iteration = [each for each in of_iteration if each.question == GROW]
    assert list(of_iteration[-1].left_out) == ["east"]
    assert "takes part in the next" in of_iteration[-1].left_out["east"]
    later = [each for each in found.rounds if each.question == GROW and each.number > iteration]
    assert later
    assert all(each.answered == ["east", "north", "south"] for each in later)
    assert max(each.number for each in later) == ITERATIONS
    area = comparison(found.federated, "boosted_trees")["overall"]["group"]["auc"]
    assert area > 0.75


@pytest.mark.parametrize("question", [COUNT_ON_GRID, GROW])
@pytest.mark.parametrize("lie", ["negative", "shape", "huge", "floating"])
def test_sums_that_no_rows_have_are_left_out(
    contract: Contract,
    hospitals: dict[str, Records],
    settings: RunSettings,
    monkeypatch: pytest.MonkeyPatch,
    question: str,
    lie: str,
) -> None:
    honest = InProcessGrid._deliver

    def deliver(grid: InProcessGrid, identifier: str, reply: Message) -> None:
        if reply.metadata.src_node_id == 3 and reply.metadata.message_type == question:
            record = reply.content[ARRAYS_KEY]
            changed = {name: Array(falsified(each.numpy(), lie)) for name, each in record.items()}
            content = {**dict(reply.content), ARRAYS_KEY: ArrayRecord(changed)}
            reply.content = RecordDict(content)
        honest(grid, identifier, reply)

    monkeypatch.setattr(InProcessGrid, "_deliver", deliver)
    found = run_in_process(contract, hospitals, settings)
    spoilt = [each for each in found.rounds if each.question == question]
    assert all("east" not in each.answered for each in spoilt)
    assert any(word in spoilt[0].left_out["east"] for word in ("sums", "counts"))
    assert len(found.models["boosted_trees"]["tree_sizes"]) > 0


def falsified(array: np.ndarray, lie: str) -> np.ndarray:
    if lie == "negative":
        return -np.abs(array) - 1
    if lie == "shape":
        return array[:-1]
    return array * 2**53 + 2**60 if lie == "huge" else array.astype(np.float64)
