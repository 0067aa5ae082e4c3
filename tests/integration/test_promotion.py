"""Challengers of real hospitals in this process: judged, deployed, taken back."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from server import loop
from server.cli import app
from server.loop import after_run, promote, reject, roll_back
from server.promotion import candidate_store, registry
from server.promotion.candidate import Candidate
from server.promotion.errors import GateRejectedError, InsufficientEvidenceError
from server.promotion.judging import decide
from server.promotion.policy import (
    ApprovalPolicy,
    CanaryPolicy,
    PromotionPolicy,
    RollbackPolicy,
    ShadowPolicy,
    StagePolicy,
)
from server.scheduling import queue
from shared.errors import BundleError, JuntosError, SettingsError
from shared.watch.answer import Service
from tests.integration.promotion_federation import QUICK, LoopFederation, patients

NAMES = ("north", "south", "east")
AT_ONCE = PromotionPolicy(everywhere=StagePolicy())
CANARY = AT_ONCE.model_copy(update={"canary": CanaryPolicy(hospitals=["north"])})
AUTOMATIC = CANARY.model_copy(update={"approval": ApprovalPolicy(who="automatic")})
WEAK = {"rounds": 1, "trees_per_round": 4, "maximum_depth": 1}


@pytest.fixture(scope="module")
def in_use(tmp_path_factory: pytest.TempPathFactory) -> LoopFederation:
    """A federation whose hospitals answer with a model of stumps."""
    found = LoopFederation.create(tmp_path_factory.mktemp("in_use"), NAMES)
    found.set_policy(AT_ONCE)
    found.records = {
        name: patients(found.contract, 400, seed, wrong=0.3) for seed, name in enumerate(NAMES)
    }
    run = found.train(boosted_trees=WEAK)
    promote(found.home, run, "Ana")
    found.work()
    assert found.candidate(run).state == "confirmed"
    return found


@pytest.fixture(scope="module")
def challenged(
    in_use: LoopFederation, tmp_path_factory: pytest.TempPathFactory
) -> tuple[LoopFederation, str]:
    """The same, with a better model that was trained and that nobody looked at yet."""
    found = in_use.copy(tmp_path_factory.mktemp("challenged"))
    found.records = {
        name: patients(found.contract, 700, 10 + seed) for seed, name in enumerate(NAMES)
    }
    return found, found.train(follow=False)


@pytest.fixture
def waiting(challenged: tuple[LoopFederation, str], tmp_path: Path) -> LoopFederation:
    """A copy in which the better model waits for a person."""
    found = challenged[0].copy(tmp_path / "waiting")
    found.set_policy(CANARY)
    after_run(found.home, challenged[1])
    return found


RUN = "run-0003"


def reasons(candidate: Candidate) -> dict[str, list[str]]:
    """Return what spoke against a candidate: keys of reasons, with whom they are about."""
    assert candidate.decision is not None
    found: dict[str, list[str]] = {}
    for each in candidate.decision.reasons:
        if each.speaks == "against":
            found.setdefault(each.key, []).append(each.about)
    return found


def aliases(federation: LoopFederation) -> tuple[str, str]:
    names = registry.Registry(federation.home)
    model = names.client.get_registered_model("two_diseases.boosted_trees")
    return str(model.aliases.get("champion")), str(model.aliases.get("challenger"))


def active(federation: LoopFederation) -> dict[str, str]:
    return {name: federation.models(name).active.identity.digest for name in NAMES}


def test_a_better_model_goes_out_step_by_step_and_comes_back(waiting: LoopFederation) -> None:
    candidate = waiting.candidate(RUN)
    assert candidate.state == "waits_for_approval"
    assert candidate.decision is not None
    assert candidate.decision.outcome == "promote"
    assert (candidate.version, aliases(waiting)) == ("1.1.0", ("1", "2"))
    before = {name: waiting.answers(name) for name in NAMES}
    former = active(waiting)

    candidate = promote(waiting.home, RUN, "Ana")
    assert candidate.state == "canary"
    waiting.work()
    candidate = waiting.candidate(RUN)
    assert candidate.state == "confirmed"
    steps = [each.after for each in waiting.candidates.transitions(RUN)]
    assert steps == ["trained", "judged", "waits_for_approval", "canary", "everywhere", "confirmed"]
    deployed = [each for each in waiting.queue.all() if each.kind == "deploy"]
    assert [each.settings["hospitals"] for each in deployed][-2:] == [["north"], []]
    assert set(active(waiting).values()) == {candidate.model.digest}
    assert aliases(waiting) == ("2", "None")
    for name in NAMES:
        assert waiting.answers(name) != before[name]

    roll_back(waiting.home, "Luis", "wrong about the rare one")
    assert aliases(waiting)[0] == "1"
    waiting.work()
    assert waiting.candidate(RUN).state == "rolled_back"
    assert active(waiting) == former
    # Bit for bit: model, probabilities, evidence.
    assert {name: waiting.answers(name) for name in NAMES} == before
    with pytest.raises(SettingsError, match="no model before"):
        roll_back(waiting.home, "Luis", "again")


def test_a_model_on_its_first_hospitals_comes_back_from_those(waiting: LoopFederation) -> None:
    former = active(waiting)
    waiting.set_policy(
        CANARY.model_copy(update={"canary": CanaryPolicy(hospitals=["north"], hours=5)})
    )
    promote(waiting.home, RUN, "Ana")
    waiting.work()
    assert waiting.candidate(RUN).state == "canary"
    assert active(waiting) == former | {"north": waiting.candidate(RUN).model.digest}
    with pytest.raises(SettingsError, match="in use at the first hospitals"):
        promote(waiting.home, RUN, "Ana")
    roll_back(waiting.home, "Luis", "too slow")
    (request,) = waiting.queue.waiting()
    assert request.settings["hospitals"] == ["north"]
    waiting.work()
    assert active(waiting) == former


def test_a_pinned_hospital_stays_with_its_model_and_that_is_said(waiting: LoopFederation) -> None:
    former = active(waiting)
    waiting.models("east").pin()
    promote(waiting.home, RUN, "Ana")
    waiting.work()
    candidate = waiting.candidate(RUN)
    assert candidate.state == "confirmed"
    assert candidate.pinned == ["east"]
    assert "pinned to their own model: east" in waiting.candidates.transitions(RUN)[-1].reason
    assert active(waiting)["east"] == former["east"]


def test_in_shadow_nobody_sees_its_answers(waiting: LoopFederation) -> None:
    former = active(waiting)
    waiting.set_policy(AT_ONCE.model_copy(update={"shadow": ShadowPolicy(first=True, hours=1)}))
    promote(waiting.home, RUN, "Ana")
    waiting.work()
    candidate = waiting.candidate(RUN)
    assert (candidate.state, candidate.answers_at) == ("shadow", [])
    assert active(waiting) == former
    shadows = [each for each in waiting.models("north").models() if each.role == "shadow"]
    assert [each.digest for each in shadows] == [candidate.model.digest]
    waiting.set_policy(AT_ONCE)
    loop.catch_up(waiting.home)
    waiting.work()
    assert waiting.candidate(RUN).state == "confirmed"


def test_of_two_who_promote_at_once_one_is_told(
    waiting: LoopFederation, monkeypatch: pytest.MonkeyPatch
) -> None:
    both_looked = threading.Barrier(2)

    def slowly(*arguments: Any) -> Any:  # noqa: ANN401 - as the function that it wraps
        found = decide(*arguments)
        both_looked.wait(timeout=60)
        return found

    monkeypatch.setattr("server.loop.decide", slowly)
    ended: dict[str, str] = {}

    def click(by: str) -> None:
        try:
            ended[by] = promote(waiting.home, RUN, by).state
        except SettingsError as error:
            ended[by] = str(error)

    people = [threading.Thread(target=click, args=(by,)) for by in ("Ana", "Luis")]
    for each in people:
        each.start()
    for each in people:
        each.join()
    winner = next(by for by, end in ended.items() if end == "canary")
    loser = next(by for by in ended if by != winner)
    assert f"{winner} brought it to canary" in ended[loser]
    assert len(waiting.queue.waiting()) == 1


def test_a_person_says_no(waiting: LoopFederation) -> None:
    assert reject(waiting.home, RUN, "Luis", "wait for the new centre").state == "rejected"
    assert aliases(waiting) == ("1", "None")
    with pytest.raises(SettingsError, match=r"does not wait for anybody: since .* it is rejected"):
        promote(waiting.home, RUN, "Ana")


def test_with_dates_the_latest_patients_are_judged_on(
    in_use: LoopFederation, tmp_path: Path
) -> None:
    federation = in_use.copy(tmp_path / "dated")
    federation.records = {
        "north": patients(federation.contract, 600, 70, first_day=0),
        "south": patients(federation.contract, 600, 71, first_day=0),
        "east": patients(federation.contract, 600, 72),
    }
    run = federation.train(holdout={"by": "time"})
    decision = federation.candidate(run).decision
    assert decision is not None
    (note,) = [each for each in decision.reasons if each.key == "rows.undated"]
    assert note.values["hospitals"] == "east"
    federation.records["east"] = patients(federation.contract, 600, 72, first_day=0)
    later = federation.train(holdout={"by": "time", "later_than": "2026-02-10"})
    decision = federation.candidate(later).decision
    assert decision is not None
    assert "rows.undated" not in {each.key for each in decision.reasons}
    # 60 days of ten patients, 41 of which are on or before the tenth of February.
    (gain,) = [each for each in decision.reasons if each.key.startswith("gain.")]
    assert gain.values["rows"] == 3 * 10 * (60 - 41)


def test_what_was_compared_with_another_model_is_out(
    challenged: tuple[LoopFederation, str], tmp_path: Path
) -> None:
    federation = challenged[0].copy(tmp_path / "stale")
    federation.set_policy(AUTOMATIC)
    registry.Registry(federation.home).crown("two_diseases.boosted_trees version 2")
    candidate = after_run(federation.home, challenged[1])
    assert candidate is not None
    assert candidate.state == "rejected"
    reason = federation.candidates.transitions(RUN)[-1].reason
    assert "judged against two_diseases.boosted_trees version 1" in reason


def judged(in_use: LoopFederation, base: Path, **settings: Any) -> Callable[..., Candidate]:  # noqa: ANN401
    """Return what judges a challenger that learned from other records."""

    def learn(**shapes: tuple[int, dict[str, float]]) -> Candidate:
        found = in_use.copy(base / "copy")
        found.records = {
            name: patients(found.contract, rows, 30 + seed, **shape)
            for seed, (name, (rows, shape)) in enumerate(shapes.items())
        }
        run = found.train(**settings)
        candidate = found.candidate(run)
        assert candidate.state == "rejected"
        with pytest.raises(GateRejectedError) as refusal:
            promote(found.home, run, "Ana", "I want it")
        assert refusal.value.exit_code == 3
        assert aliases(found)[0] == "1"
        assert not found.queue.waiting()
        return candidate

    return learn


def test_better_overall_and_worse_at_one_hospital_is_not_promoted(
    in_use: LoopFederation, tmp_path: Path
) -> None:
    changed = {"sign": -1.0}
    candidate = judged(in_use, tmp_path)(
        north=(1500, changed), south=(1500, changed), east=(500, {})
    )
    assert candidate.decision is not None
    assert candidate.decision.low is not None
    assert candidate.decision.low > 0.2
    assert reasons(candidate)["hospital.worse"] == ["east"]


def test_a_poisoned_challenger_is_not_promoted(in_use: LoopFederation, tmp_path: Path) -> None:
    """One hospital with many rows sends the opposite; its own held-out rows agree with it."""
    review = {**QUICK["review"], "leave_one_hospital_out": True}
    candidate = judged(in_use, tmp_path, review=review)(
        north=(500, {}), south=(500, {}), east=(2500, {"sign": -1.0})
    )
    found = reasons(candidate)
    assert found["hospital.worse"] == ["north", "south"]
    assert found["hospital.influence"] == ["east"]


def test_better_overall_and_worse_for_a_rare_class_is_not_promoted(tmp_path: Path) -> None:
    federation = LoopFederation.create(tmp_path, NAMES)
    federation.set_policy(AT_ONCE)
    federation.records = {
        name: patients(federation.contract, 1200, seed, apart=1.2)
        for seed, name in enumerate(NAMES)
    }
    first = federation.train(class_balance="inverse_frequency")
    promote(federation.home, first, "Ana")
    # Without weights, hardly a patient of the rare class is found, and many others are right.
    second = federation.train(class_balance="none")
    candidate = federation.candidate(second)
    assert candidate.state == "rejected"
    assert candidate.decision is not None
    assert candidate.decision.low is not None
    assert candidate.decision.low > 0
    assert reasons(candidate)["class.worse"] == ["rare"]


class Killed(BaseException):
    """The coordinator is no more."""


class Killing:
    """Ends the coordinator before one of the things that it writes."""

    WRITES = (
        (candidate_store.CandidateStore, "add"),
        (candidate_store.CandidateStore, "move"),
        (candidate_store.CandidateStore, "note"),
        (queue.RunQueue, "request"),
        (queue.RunQueue, "claim"),
        (queue.RunQueue, "settle"),
        (registry.Registry, "crown"),
        (registry.Registry, "challenge"),
        (registry.Registry, "end_challenge"),
        (registry.Registry, "tag"),
    )

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.left = -1
        self.writes = 0
        for owner, name in self.WRITES:
            monkeypatch.setattr(owner, name, self._counted(getattr(owner, name)))

    def _counted(self, write: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401
            if self.left == 0:
                self.left = -1
                raise Killed
            self.left -= 1
            self.writes += 1
            return write(*arguments, **named)

        return counted


@pytest.fixture
def killing(monkeypatch: pytest.MonkeyPatch) -> Killing:
    return Killing(monkeypatch)


def carry_out(federation: LoopFederation, run: str, killing: Killing, point: int) -> bool:
    """Follow a run up to its end; once killed, start anew. Return whether it was killed."""
    killing.left, killed = point, False
    while True:
        try:
            after_run(federation.home, run)
            federation.work()
        except Killed:
            federation, killed = federation.reopened(), True
        else:
            return killed


def ending(federation: LoopFederation, run: str) -> tuple[object, ...]:
    found = federation.candidate(run)
    requests = [(each.settings["hospitals"], each.status) for each in federation.queue.all()]
    steps = [each.after for each in federation.candidates.transitions(run)]
    return (found.state, found.settled, steps, requests, aliases(federation), active(federation))


def test_killed_at_any_point_it_ends_in_the_same_place(
    challenged: tuple[LoopFederation, str], tmp_path: Path, killing: Killing
) -> None:
    trained, run = challenged
    undisturbed = trained.copy(tmp_path / "undisturbed")
    undisturbed.set_policy(AUTOMATIC)
    assert not carry_out(undisturbed, run, killing, -1)
    writes, expected = killing.writes, ending(undisturbed, run)
    assert expected[0] == "confirmed"
    assert writes > 15
    for point in range(writes):
        federation = trained.copy(tmp_path / str(point))
        federation.set_policy(AUTOMATIC)
        assert carry_out(federation, run, killing, point)
        assert ending(federation, run) == expected, f"killed before write {point}"


def test_following_a_run_twice_is_following_it_once(
    challenged: tuple[LoopFederation, str], tmp_path: Path
) -> None:
    federation = challenged[0].copy(tmp_path / "twice")
    federation.set_policy(AUTOMATIC)
    run = challenged[1]
    after_run(federation.home, run)
    federation.work()
    once = (federation.candidate(run), federation.queue.all())
    for each in federation.store.all():
        after_run(federation.home, each.id)
    assert (federation.candidate(run), federation.queue.all()) == once


def test_a_network_begins_with_the_one_in_use(tmp_path: Path) -> None:
    federation = LoopFederation.create(tmp_path, NAMES)
    federation.records = {
        name: patients(federation.contract, 200, seed) for seed, name in enumerate(NAMES)
    }

    def loss_of(**network: Any) -> tuple[str, float]:  # noqa: ANN401 - settings
        run = federation.train(
            models=["neural_network"],
            neural_network={"hidden": [6], "rounds": 1, **network},
            review={"enabled": False},
        )
        result = federation.store.read(run).result
        assert result is not None
        found = result["models"]["neural_network"]["federated"]["overall"]["log_loss"]
        return run, float(found)

    _, trained = loss_of(rounds=25)
    registry.Registry(federation.home).crown("two_diseases.neural_network version 1")
    going_on = {"transfer": {"start_from": "champion"}}
    run, warm = loss_of(**going_on)
    _, fresh = loss_of()
    assert warm == pytest.approx(trained, abs=0.05)
    assert fresh > warm + 0.1
    assert (federation.home.runs / run / "start" / "manifest.json").is_file()
    # Of other layers, nothing can be taken over: it begins at random, and the run goes on.
    other, _ = loss_of(**going_on, hidden=[7])
    assert not (federation.home.runs / other / "start").exists()


def test_a_model_that_was_tampered_with_is_not_promoted(waiting: LoopFederation) -> None:
    names = registry.Registry(waiting.home)
    version = names.client.get_model_version("two_diseases.boosted_trees", "2")
    artifacts = names.client.get_run(str(version.run_id)).info.artifact_uri
    card = Path(str(artifacts).removeprefix("file://")) / "bundle" / "card.md"
    kept = card.read_bytes()
    card.write_text("better than it is")
    try:
        with pytest.raises(BundleError):
            promote(waiting.home, RUN, "Ana")
    finally:
        card.write_bytes(kept)
    assert waiting.candidate(RUN).state == "waits_for_approval"


WATCHED = AT_ONCE.model_copy(update={"everywhere": StagePolicy(hours=1)})


def services(federation: LoopFederation, **changes: Any) -> dict[str, Service]:  # noqa: ANN401
    return {
        name: Service(digest=digest, requests=1000, errors=1, **changes)
        for name, digest in active(federation).items()
    }


def test_errors_at_a_hospital_bring_the_former_model_back(waiting: LoopFederation) -> None:
    former = active(waiting)
    waiting.watch(**services(waiting))
    waiting.set_policy(WATCHED)
    promote(waiting.home, RUN, "Ana")
    waiting.work()
    said = services(waiting)
    waiting.watch(**said)
    assert waiting.candidate(RUN).state == "everywhere"
    failing = said["south"].model_copy(update={"requests": 1400, "errors": 60})
    waiting.watch(**{**said, "south": failing})
    candidate = waiting.candidate(RUN)
    assert candidate.state == "rolled_back"
    last = waiting.candidates.transitions(RUN)[-1]
    assert last.actor == "loop"
    assert "At south" in last.reason
    waiting.work()
    assert active(waiting) == former


def test_without_automatic_rollback_a_person_is_asked(waiting: LoopFederation) -> None:
    by_hand = RollbackPolicy(automatic=False)
    waiting.set_policy(WATCHED.model_copy(update={"rollback": by_hand}))
    promote(waiting.home, RUN, "Ana")
    waiting.work()
    waiting.watch(**services(waiting, slowest_milliseconds=10.0))
    slow = {
        name: each.model_copy(update={"requests": 2000, "slowest_milliseconds": 5000.0})
        for name, each in services(waiting).items()
    }
    waiting.watch(**slow)
    candidate = waiting.candidate(RUN)
    assert candidate.state == "everywhere"
    assert {each.key for each in candidate.concerns} == {"live.slow"}
    waiting.set_policy(AT_ONCE)
    loop.catch_up(waiting.home)
    # Its time is over, and it is not confirmed while a person has not decided.
    assert waiting.candidate(RUN).state == "everywhere"


def test_who_missed_it_is_asked_again_until_all_have_it(waiting: LoopFederation) -> None:
    waiting.set_policy(AT_ONCE)
    promote(waiting.home, RUN, "Ana")
    waiting.absent = {"east"}
    waiting.work()
    candidate = waiting.candidate(RUN)
    assert (candidate.state, candidate.answers_at) == ("everywhere", ["north", "south"])
    waiting.absent = set()
    waiting.watch(**services(waiting))
    (request,) = waiting.queue.waiting()
    assert request.settings["hospitals"] == ["east"]
    waiting.work()
    assert waiting.candidate(RUN).state == "confirmed"


def test_what_no_hospital_took_waits_for_a_person(waiting: LoopFederation) -> None:
    promote(waiting.home, RUN, "Ana")
    waiting.latency_limit = 1e-9
    waiting.work()
    candidate = waiting.candidate(RUN)
    assert candidate.state == "waits_for_approval"
    assert "brought it to no hospital" in candidate.held
    assert aliases(waiting) == ("1", "2")
    waiting.latency_limit = 60.0
    promote(waiting.home, RUN, "Ana")
    waiting.work()
    assert waiting.candidate(RUN).state == "confirmed"


def test_a_run_of_sums_tells_harm_by_counts_and_leaves_the_rest_to_a_person(
    in_use: LoopFederation, tmp_path: Path
) -> None:
    federation = in_use.copy(tmp_path / "sums")
    federation.records = {
        name: patients(federation.contract, 300, 50 + seed) for seed, name in enumerate(NAMES)
    }
    run = federation.train(
        privacy={"guarantee": "secret_sums"}, review={"enabled": False, "replicates": 100}
    )
    candidate = federation.candidate(run)
    assert candidate.state == "waits_for_approval"
    assert candidate.decision is not None
    assert candidate.decision.outcome == "insufficient"
    said = {each.key for each in candidate.decision.reasons}
    assert {"gain.not_compared", "review.none", "hospital.none_own_better"} <= said
    with pytest.raises(InsufficientEvidenceError) as refusal:
        promote(federation.home, run, "Ana")
    assert refusal.value.exit_code == 4
    assert promote(federation.home, run, "Ana", "we looked at it together").state == "everywhere"


def test_the_command_line_says_why(challenged: tuple[LoopFederation, str], tmp_path: Path) -> None:
    federation = challenged[0].copy(tmp_path / "commands")
    place = ["--home", str(federation.home.path)]

    def call(*words: str, code: int = 0) -> str:
        found = CliRunner().invoke(app, [*words, *place])
        raised = found.exception
        assert (raised.exit_code if isinstance(raised, JuntosError) else found.exit_code) == code
        return found.output

    assert "confirmed" in call("decisions")
    assert "in use, deployment asked for" in call("promote", RUN, "--by", "Ana")
    told = call("decisions", RUN)
    assert "Promote: right more often by" in told
    assert "Ana: Ana promoted it." in told
    (plain,) = json.loads(call("decisions", RUN, "--json"))
    assert plain["transitions"][-1]["actor"] == "Ana"
    assert plain["decision"]["reasons"][0]["text"]["es"].startswith("Acierta más")
    call("promote", RUN, code=2)
    assert "taken back" in call("rollback", "--because", "tried out")
    assert not federation.queue.waiting()
