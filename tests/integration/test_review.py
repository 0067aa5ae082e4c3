"""Tuning and review over hospitals in this process, with the coordinator's own folder."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from flwr.app import Message

from server.approvals import ApprovalStore
from server.background_writer import write_now
from server.checkpoint import Members
from server.home import CoordinatorHome, create_home
from server.parts import PART
from server.review.acceptance import Acceptance, Criterion, Signatory
from server.review.keeping import keep_review, read_review
from server.run_script import RunOutcome, RunScript
from server.run_store import RunStore
from shared.contract import Contract
from shared.errors import SettingsError
from shared.records import Records
from shared.run_settings import RunSettings, run_settings
from shared.session.in_process import InProcessGrid, SimulatedHospital
from simulations.hospital_apps import app_factories
from tests.conftest import learnable_records

QUICK = {
    "models": ["neural_network", "random_forest"],
    "neural_network": {"rounds": 27, "hidden": [8]},
    "random_forest": {"trees": 18},
    "tuning": {"trials": 4},
    "review": {"enabled": True, "folds": 2, "seeds": 2, "replicates": 200},
}


@pytest.fixture
def home(tmp_path: Path) -> CoordinatorHome:
    return create_home(tmp_path / "coordinator", "test", "127.0.0.1:9092", "heart_disease")


@pytest.fixture(scope="module")
def hospitals(contract: Contract) -> dict[str, Records]:
    sizes = {"north": 80, "south": 60, "east": 50}
    return {
        name: learnable_records(contract, rows, seed)
        for seed, (name, rows) in enumerate(sizes.items())
    }


class Stopping(InProcessGrid):
    """Hospitals in this process, whose coordinator is killed after some questions."""

    def __init__(self, nodes: dict[int, SimulatedHospital], questions: int) -> None:
        super().__init__(nodes)
        self.left = questions

    def send_and_receive(
        self, messages: Iterable[Message], *, timeout: float | None = None
    ) -> Iterable[Message]:
        self.left -= 1
        if self.left < 0:
            raise KeyboardInterrupt
        return super().send_and_receive(messages, timeout=timeout)


def carry_out(
    home: CoordinatorHome,
    hospitals: dict[str, Records],
    settings: RunSettings,
    run: str = "",
    questions: int = 100_000,
) -> tuple[RunOutcome, str]:
    store = RunStore(home.engine())
    run = run or store.create(settings, home.contract().hash)
    names = dict(enumerate(hospitals, start=1))
    factories = app_factories(home.contract(), hospitals)
    nodes = {node: SimulatedHospital(factories[name]) for node, name in names.items()}
    grid = Stopping(nodes, questions)
    script = RunScript(home, store, run, grid, names, None, write_now)
    return script.carry_out(settings, store.rounds(run)), run


def test_a_reviewed_run_says_what_was_found(
    home: CoordinatorHome, hospitals: dict[str, Records]
) -> None:
    settings = run_settings(QUICK, [], "test")
    outcome, run = carry_out(home, hospitals, settings)
    review = outcome.review
    assert review is not None
    assert set(review.kinds) == {"neural_network", "random_forest"}
    losses = {name: kind.figures["log_loss"].mean for name, kind in review.kinds.items()}
    assert review.chosen == min(losses, key=lambda name: losses[name])
    kind = review.kinds[review.chosen]
    for name, records in hospitals.items():
        hospital = kind.hospitals[name]
        assert hospital.against_alone is not None
        # Every row is held out once; those of no certain leaf count too.
        assert hospital.against_alone.rows == len(records)
        assert hospital.without_it is not None
    assert sum(each.rows for each in kind.classes.values()) <= 190
    assert kind.against_alone is not None
    assert kind.membership is not None
    # Each hospital keeps back a quarter of its rows.
    assert (kind.membership.members, kind.membership.others) == (142, 48)
    assert kind.guarantee is None
    assert kind.against_alone.low <= kind.against_alone.shared - kind.against_alone.other
    assert (review.verdict == "iterate") == any(each.blocks for each in review.findings)
    assert len(outcome.trials) == 4
    questions = [each.question for each in RunStore(home.engine()).rounds(run)]
    assert sum(each.startswith(f"{PART}review") for each in questions) == 2 * 2 + 3


def test_a_killed_run_goes_on_and_finds_the_same(
    home: CoordinatorHome, hospitals: dict[str, Records], tmp_path: Path
) -> None:
    settings = run_settings(QUICK, [], "test")
    other = create_home(tmp_path / "other", "test", "127.0.0.1:9093", "heart_disease")
    expected, _ = carry_out(other, hospitals, settings)
    run = ""
    for questions in (40, 60, 60):
        with pytest.raises(KeyboardInterrupt):
            carry_out(home, hospitals, settings, run, questions)
        run = "run-0001"
    found, _ = carry_out(home, hospitals, settings, run)
    assert [each.settings for each in found.trials] == [each.settings for each in expected.trials]
    assert found.settings == expected.settings
    assert found.review is not None
    assert expected.review is not None
    assert found.review.kinds == expected.review.kinds


def test_those_who_are_asked_to_sign_do_so_once(
    home: CoordinatorHome, hospitals: dict[str, Records]
) -> None:
    settings = run_settings({**QUICK, "tuning": {}, "models": ["random_forest"]}, [], "test")
    outcome, run = carry_out(home, hospitals, settings)
    assert outcome.review is not None
    acceptance = Acceptance(signatory=[Signatory(name="Dr. Ruiz", role="cardiology")])
    review = outcome.review.model_copy(update={"acceptance": acceptance, "run": run})
    keep_review(home.runs / run, review)
    approvals = ApprovalStore(home.engine())
    with pytest.raises(SettingsError, match="not asked to sign"):
        approvals.add(run, review, "Somebody", "")
    approvals.add(run, read_review(home.runs / run, run), "Dr. Ruiz", "fine")
    assert [(each.name, each.role) for each in approvals.of(run)] == [("Dr. Ruiz", "cardiology")]
    with pytest.raises(SettingsError, match="approved run-0001 already"):
        approvals.add(run, review, "Dr. Ruiz", "again")


def test_what_clinicians_ask_for_blocks(
    home: CoordinatorHome, hospitals: dict[str, Records]
) -> None:
    (home.path / "acceptance.toml").write_text(
        '[[criterion]]\nclasses = ["grade_4"]\nminimum_recall = 1.0\nreason = "never miss it"\n'
    )
    settings = run_settings({**QUICK, "tuning": {}, "models": ["random_forest"]}, [], "test")
    outcome, _ = carry_out(home, hospitals, settings)
    assert outcome.review is not None
    assert outcome.review.verdict == "iterate"
    assert not outcome.review.criteria[0].passed
    assert "never miss it" in outcome.review.criteria[0].reason
    assert any("grade_4" in each.what for each in outcome.review.findings if each.blocks)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[[criterion]]\nclasses = ["plague"]\nminimum_recall = 0.5\n', "no leaf class"),
        ('[[criterion]]\nfrequency = "mythical"\nminimum_recall = 0.5\n', "which no class"),
        ("[[criterion]]\nminimum_recall = 0.5\n", "either classes or a frequency"),
    ],
)
def test_criteria_that_mean_nothing_are_refused(
    home: CoordinatorHome, hospitals: dict[str, Records], text: str, message: str
) -> None:
    (home.path / "acceptance.toml").write_text(text)
    settings = run_settings({**QUICK, "tuning": {}}, [], "test")
    with pytest.raises(SettingsError, match=message):
        carry_out(home, hospitals, settings, questions=0)


def test_criteria_can_be_of_a_frequency(contract: Contract) -> None:
    frequencies = {contract.classes[leaf].frequency for leaf in contract.leaves}
    for frequency in frequencies:
        codes = Criterion(frequency=frequency, minimum_recall=0.1).codes(contract)
        assert codes
        assert all(contract.classes[code].frequency == frequency for code in codes)


def test_members_of_a_trial_begin_anew() -> None:
    from server.tuning.memory_checkpoint import MemoryCheckpoint

    checkpoint = MemoryCheckpoint()
    checkpoint.save_members(Members(hospitals={}, rounds=7))
    kept = checkpoint.members()
    assert kept is not None
    assert kept.rounds == 0
