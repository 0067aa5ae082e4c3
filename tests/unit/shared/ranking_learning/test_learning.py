"""Learning from sums over hospitals gives what learning in one place gives, also after a stop."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pytest
import torch

from shared.models.base import Arrays
from shared.ranking.learned_ranker import LearnedRanker, TrainingCases, fit_ranker
from shared.ranking.summed_gradients import Schedule
from shared.ranking_learning import learning
from shared.ranking_learning.learning import RankerLearning, State, Step
from shared.ranking_learning.local_training import LocalTraining
from shared.ranking_learning.settings import RankingSettings
from simulations.benchmarks.phenopackets_protocol import FOLDS, MODES, training_cases
from tests.unit.shared.ranking.conftest import World, world  # noqa: F401 - a fixture

SETTINGS = RankingSettings(folds=FOLDS, passes=2, steps_per_pass=3)
BRIEF = RankingSettings(
    folds=FOLDS, passes=1, steps_per_pass=3, gate_passes=1, gate_steps_per_pass=4
)


class Hospitals:
    """Answers the questions of a learning, by sums over several hospitals in this process."""

    def __init__(self, parts: list[LocalTraining], most: int = 10**9) -> None:
        self.parts, self.asked, self.most = parts, 0, most
        self.ready: set[str] = set()

    def __call__(self, step: Step, groups: Mapping[str, Arrays]) -> Arrays:
        self.asked += 1
        if self.asked > self.most:
            raise InterruptedError
        found = [self._answer(part, step, groups) for part in self.parts]
        self.ready |= set(groups)
        return {name: np.sum([each[name] for each in found], axis=0) for name in found[0]}

    def _answer(self, part: LocalTraining, step: Step, groups: Mapping[str, Arrays]) -> Arrays:
        if learning.SCALES in groups and learning.SCALES not in self.ready:
            part.use_scales(groups[learning.SCALES])
        if step.what == learning.INPUTS:
            return part.moments()
        place = (step.turn, step.step, step.steps)
        if step.what == learning.SCORERS:
            return part.score_step(groups[learning.NETWORKS], place)
        if learning.FINAL_SCORERS not in self.ready:
            part.use_scorers(groups[learning.FINAL_SCORERS])
        if step.what == learning.RANKED:
            return part.width()
        if step.what == learning.GATES:
            return part.gate_step(groups[learning.NETWORKS], place)
        if learning.FINAL_GATES not in self.ready:
            part.use_gates(groups[learning.FINAL_GATES])
        return part.count(step.counts, step.mixing, step.depth)


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    # Small sums take longer on several threads than on one.
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def cases(world: World) -> TrainingCases:  # noqa: F811
    return training_cases(world.split, MODES["with_excluded"])


def part_of(cases: TrainingCases, rows: np.ndarray) -> TrainingCases:
    return TrainingCases(
        cases.candidates.rows(rows),
        *(
            getattr(cases, name)[rows]
            for name in ("truth", "weights", "folds", "hospitals", "matched", "without_cases")
        ),
    )


def hospitals(cases: TrainingCases, groups: list[np.ndarray], most: int = 10**9) -> Hospitals:
    draws = np.random.default_rng(0).random((len(cases.truth), 15))
    parts = [LocalTraining(part_of(cases, rows), draws[rows], FOLDS) for rows in groups]
    return Hospitals(parts, most)


def by_hospital(cases: TrainingCases) -> list[np.ndarray]:
    return [np.flatnonzero(cases.hospitals == each) for each in np.unique(cases.hospitals)]


def by_disease(rows: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    found = np.zeros((len(rows), rows.max() + 1))
    case, place = np.nonzero(rows >= 0)
    found[case, rows[case, place]] = probabilities[case, place]
    return found


def assert_alike(
    cases: TrainingCases, one: LearnedRanker, other: LearnedRanker, within: float = 0.01
) -> None:
    """Compare answers: what no case moves is moved by rounding, and may lie anywhere."""
    first, second = one.rank(cases.candidates), other.rank(cases.candidates)
    # Two diseases that are as probable may change places.
    ours, theirs = (by_disease(each.rows, each.probabilities) for each in (first, second))
    assert np.abs(ours - theirs).max() < within
    assert np.abs(first.something_else - second.something_else).max() < within
    assert (first.rows[:, 0] == second.rows[:, 0]).mean() > 0.99
    assert one.mixing.lifts == pytest.approx(other.mixing.lifts)
    assert one.mixing.sharpness == other.mixing.sharpness
    assert one.mixing.cut_off == pytest.approx(other.mixing.cut_off, abs=0.011)


def test_federated_is_pooled(cases: TrainingCases) -> None:
    apart = RankerLearning(hospitals(cases, by_hospital(cases)), SETTINGS, 0).run()
    together = RankerLearning(hospitals(cases, [np.arange(len(cases.truth))]), SETTINGS, 0).run()
    assert_alike(cases, apart, together)


def test_it_is_what_the_benchmark_learns(cases: TrainingCases) -> None:
    ours = RankerLearning(hospitals(cases, by_hospital(cases)), SETTINGS, 0).run()
    theirs = fit_ranker(cases, Schedule(passes=2, steps_per_pass=3), seed=0)
    assert_alike(cases, ours, theirs)


@pytest.mark.parametrize("after", [0, 3, 7, 11])
def test_a_learning_that_was_stopped_goes_on(cases: TrainingCases, after: int) -> None:
    kept: list[State] = []

    def keep(state: State) -> None:
        kept.append(State(state.stage, state.number, dict(state.groups), list(state.losses)))

    with pytest.raises(InterruptedError):
        RankerLearning(hospitals(cases, by_hospital(cases), after), BRIEF, 0, keep).run()
    fresh = hospitals(cases, by_hospital(cases))
    ended = RankerLearning(fresh, BRIEF, 0).run(kept[-1] if kept else None)
    whole = RankerLearning(hospitals(cases, by_hospital(cases)), BRIEF, 0).run()
    assert_alike(cases, ended, whole, 1e-6)


def test_a_step_with_few_cases_tells_nothing(cases: TrainingCases) -> None:
    few = part_of(cases, np.arange(6))
    training = LocalTraining(few, np.zeros((6, 15)), FOLDS, smallest=7)
    assert not any(each.any() for each in training.moments().values())
