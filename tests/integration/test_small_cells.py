"""What a coordinator gets that asks a real hospital for a cell of one patient."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from flwr.app import ArrayRecord, Context, Message

from client.app import create_client_app
from client.hospital import Hospital, LocalRecords
from client.privacy.ledger import Ledger
from client.privacy.ledger_gate import LedgerGate
from client.privacy.policy import policy_in_force
from client.privacy.rules import SUMS_OVER_FEW
from client.small_cells.answers import ALREADY_SAFE, TOLD
from server.background_writer import write_now
from server.home import create_home
from server.run_script import RunScript
from server.run_store import RunStore
from shared.contract import Contract
from shared.preparation import prepare
from shared.questions import (
    ATTACK,
    CALIBRATE,
    COMPARE,
    COUNT_ON_GRID,
    EVALUATE,
    EVERY_QUESTION,
    GROW,
    PROTOTYPES,
    REFILL,
    SUMMARISE,
    TRAIN,
    EvaluationAnswer,
    Question,
    SummaryAnswer,
    array_record,
    questions_to,
    read_answer,
)
from shared.records import Records
from shared.run_settings import RunSettings, run_settings
from shared.session.in_process import InProcessGrid, SimulatedHospital
from shared.statistics import summarise
from tests.conftest import learnable_records

NODE = 1
NAMES = {1: "north", 2: "south"}
ALLOWED = "formal_privacy_required = false"
EVERYTHING_TRAINS = run_settings({"models": ["neural_network"]}, [], "test")
Start = Callable[..., InProcessGrid]


def with_one_grade_4(contract: Contract, rows: int = 120) -> Records:
    records = learnable_records(contract, rows, 1)
    labels = np.where(records.labels == "grade_4", "grade_3", records.labels)
    labels[40] = "grade_4"
    return Records(records.table, labels.astype(object))


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    found = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}", "test", "1.0")
    yield found
    found.close()


@pytest.fixture
def start(contract: Contract, ledger: Ledger, tmp_path: Path) -> Start:
    """Open a hospital with the given records and policy, for a coordinator to ask."""

    def opened(records: Records, *lines: str) -> InProcessGrid:
        (tmp_path / "policy.toml").write_text("\n".join([ALLOWED, *lines]) + "\n")
        gate = LedgerGate(tmp_path, ledger, policy_in_force(tmp_path / "policy.toml"))
        hospital = hospital_of("north", contract, records, gate)
        return InProcessGrid({NODE: SimulatedHospital(create_client_app(opening(hospital)))})

    return opened


def ask(
    grid: InProcessGrid,
    kind: str,
    question: Question,
    arrays: dict[str, ArrayRecord] | None = None,
) -> Message:
    (answer,) = grid.send_and_receive(questions_to([NODE], kind, question, arrays))
    return answer


def question_of(contract: Contract, settings: RunSettings = EVERYTHING_TRAINS) -> Question:
    return Question(contract_hash=contract.hash, settings=settings)


def test_every_question_is_told_without_small_cells_or_refused() -> None:
    assert set(TOLD) | ALREADY_SAFE | SUMS_OVER_FEW == set(EVERY_QUESTION)
    assert not set(TOLD) & SUMS_OVER_FEW


def test_a_summary_does_not_tell_of_one_patient(start: Start, contract: Contract) -> None:
    with start(with_one_grade_4(contract)) as grid:
        answer = read_answer(SummaryAnswer, ask(grid, SUMMARISE, question_of(contract)))
    answer.summary.check(contract)
    assert "grade_4" not in answer.summary.classes
    assert {each % 5 for each in answer.summary.classes.values()} == {0}


def test_choosing_who_is_held_out_does_not_bring_one_patient_out(
    start: Start, contract: Contract
) -> None:
    """All splits that a coordinator can ask for: a cell that few are in is in none of them."""
    told = set()
    with start(with_one_grade_4(contract)) as grid:
        for seed in range(20):
            settings = run_settings({"holdout": {"seed": seed, "test_share": 0.05}}, [], "test")
            asked = ask(grid, SUMMARISE, question_of(contract, settings))
            told |= set(read_answer(SummaryAnswer, asked).summary.classes)
    assert "grade_4" not in told
    assert "none" in told


def test_an_administrator_may_let_single_patients_be_told(start: Start, contract: Contract) -> None:
    with start(with_one_grade_4(contract), "smallest_cell = 1") as grid:
        seeds = [
            ask(
                grid,
                SUMMARISE,
                question_of(contract, run_settings({"holdout": {"seed": seed}}, [], "test")),
            )
            for seed in range(4)
        ]
    found = [read_answer(SummaryAnswer, each).summary.classes.get("grade_4") for each in seeds]
    assert 1 in found


def test_rows_of_one_person_are_one_patient(start: Start, contract: Contract) -> None:
    """Six rows of a class, all of the same person, are a cell of one."""
    records = with_one_grade_4(contract)
    labels = records.labels.copy()
    labels[40:46] = "grade_4"
    persons = np.arange(120)
    persons[40:46] = 40
    persons[46:] -= 5
    several = Records(records.table, labels, persons)
    settings = run_settings({"holdout": {"test_share": 0.05}}, [], "test")
    for known, expected in ((several, False), (Records(records.table, labels), True)):
        with start(known) as grid:
            found = [
                read_answer(SummaryAnswer, ask(grid, SUMMARISE, question_of(contract, each)))
                for each in (settings, run_settings({"holdout": {"seed": 3}}, [], "test"))
            ]
        assert any("grade_4" in each.summary.classes for each in found) is expected


def test_a_model_made_to_point_at_one_patient_does_not_find_them(
    start: Start, contract: Contract
) -> None:
    records = with_one_grade_4(contract)
    question = question_of(contract)
    preparation = prepare(contract, summarise(contract, records), question.settings)
    from client.training.model_of_run import model_of

    arrays = model_of("neural_network", question.settings, preparation).initial_arrays()
    with start(records) as grid:
        answer = ask(
            grid,
            EVALUATE,
            question.model_copy(update={"preparation": preparation}),
            {"neural_network": array_record(arrays)},
        )
    level = read_answer(EvaluationAnswer, answer).evaluations["neural_network"].finest
    cells = [*np.ravel(level.confusion), *np.ravel(level.score_of_class), *level.reliability_rows]
    assert {int(each) % 5 for each in cells} == {0}
    assert level.rows > 0


@pytest.mark.parametrize("kind", [GROW, REFILL, PROTOTYPES, COUNT_ON_GRID])
def test_sums_over_rows_that_a_question_picks_are_refused(
    start: Start, contract: Contract, ledger: Ledger, kind: str
) -> None:
    with start(with_one_grade_4(contract)) as grid:
        answer = ask(grid, kind, question_of(contract))
    assert answer.has_error()
    assert "smallest_cell" in str(answer.error.reason)
    (entry,) = ledger.entries()
    assert (entry.state, entry.question) == ("refused", kind)


def test_fewer_patients_than_the_smallest_cell_tell_nothing(
    start: Start, contract: Contract, ledger: Ledger
) -> None:
    with start(learnable_records(contract, 6, 1), "smallest_cell = 10") as grid:
        answer = ask(grid, SUMMARISE, question_of(contract))
    assert answer.has_error()
    assert "smallest_cell" in str(answer.error.reason)
    assert "sent" not in [each.state for each in ledger.entries()]


def test_a_reviewed_run_goes_on_with_rounded_counts(contract: Contract, tmp_path: Path) -> None:
    """Summary, training, calibration, evaluation, comparison and attack: nobody is left out."""
    settings = run_settings(
        {
            "models": ["neural_network"],
            "neural_network": {
                "rounds": 3,
                "local_epochs": 1,
                "hidden": [8],
                "validation_share": 0.2,
                "early_stopping_rounds": 2,
            },
            "minimum_hospitals": 2,
            "join_timeout": 1,
            "review": {"enabled": True, "folds": 2, "seeds": 1, "replicates": 100},
        },
        [],
        "test",
    )
    (tmp_path / "policy.toml").write_text(ALLOWED + "\n")
    ledgers, nodes = [], {}
    for node, name in NAMES.items():
        ledgers.append(Ledger(f"sqlite:///{tmp_path / name}.db", "test", "1.0"))
        gate = LedgerGate(tmp_path, ledgers[-1], policy_in_force(tmp_path / "policy.toml"))
        hospital = hospital_of(name, contract, learnable_records(contract, 103 + node, node), gate)
        nodes[node] = SimulatedHospital(create_client_app(opening(hospital)))
    home = create_home(tmp_path / "coordinator", "test", "127.0.0.1:9092", "heart_disease")
    store = RunStore(home.engine())
    run = store.create(settings, home.contract().hash)
    with InProcessGrid(nodes) as grid:
        script = RunScript(home, store, run, grid, NAMES, None, write_now)
        outcome = script.carry_out(settings, store.rounds(run))
    asked = {entry.question for each in ledgers for entry in each.entries()}
    assert {SUMMARISE, TRAIN, CALIBRATE, EVALUATE, COMPARE, ATTACK} <= asked
    assert "refused" not in {entry.state for each in ledgers for entry in each.entries()}
    for each in ledgers:
        each.close()
    assert outcome.review is not None
    found = outcome.review.kinds["neural_network"]
    assert set(found.hospitals) == set(NAMES.values())
    assert found.membership is not None
    assert (found.membership.members % 5, found.membership.others % 5) == (0, 0)
    assert found.against_alone is not None


def hospital_of(name: str, contract: Contract, records: Records, gate: LedgerGate) -> Hospital:
    return Hospital(name, contract, lambda: LocalRecords(records), gate)


def opening(hospital: Hospital) -> Callable[[Context], Hospital]:
    return lambda _context: hospital
