"""The coordinator's part of learning a ranker: steps along what hospitals sum.

Whoever sums, hospitals far away, threads or one place with all cases, the steps are the same.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import torch

from shared.models.base import Arrays
from shared.ranking.learned_ranker import GATE, GATE_HIDDEN, HIDDEN, LearnedRanker
from shared.ranking.mixing import Mixing
from shared.ranking.summed_gradients import Schedule, Scorer
from shared.ranking_learning.local_training import GRADIENT, LOSS, WEIGHT, WIDTH
from shared.ranking_learning.mixing_counts import chosen_mixing
from shared.ranking_learning.networks import network_arrays, networks_of, use_gradient
from shared.ranking_learning.scales import scales_of
from shared.ranking_learning.settings import RankingSettings

INPUTS, SCORERS, RANKED, GATES, COUNT = "inputs", "scorers", "ranked", "gates", "count"
# Groups of arrays that hospitals keep.
SCALES, FINAL_SCORERS, FINAL_GATES = "scales", "final_scorers", "final_gates"
NETWORKS = "networks"
MOMENTS = ("exp_avg", "exp_avg_sq")


@dataclass(frozen=True)
class Step:
    """One question of the learning.

    Attributes
    ----------
    what : str
    number : int
        From 0.
    turn, step, steps : int
        Which pass, and which of its steps.
    mixing : Mixing
    counts : str
        Which counts are asked for.
    depth : int
    """

    what: str
    number: int = 0
    turn: int = 0
    step: int = 0
    steps: int = 1
    mixing: Mixing = field(default_factory=Mixing)
    counts: str = ""
    depth: int = 0


# Of a step and arrays that go along (by group; those of the groups above are to be kept), the sum
# over all hospitals.
Ask = Callable[[Step, Mapping[str, Arrays]], Arrays]


@dataclass
class State:
    """How far the learning is; all that is needed to go on.

    Attributes
    ----------
    stage : str
        ``inputs``, ``scorers``, ``gates`` or ``count``.
    number : int
        Steps of the stage that are done.
    groups : dict of str to Arrays
        Arrays by group: scales, networks so far, moments of the optimiser.
    losses : list of float
        Mean loss of each step.
    """

    stage: str = INPUTS
    number: int = 0
    groups: dict[str, Arrays] = field(default_factory=dict)
    losses: list[float] = field(default_factory=list)


class RankerLearning:
    """Learns a ranker.

    Parameters
    ----------
    ask : callable
    settings : RankingSettings
    seed : int
    keep : callable
        Given the state after each step.

    Attributes
    ----------
    losses : list of float
        Mean loss of each step so far.
    """

    def __init__(
        self,
        ask: Ask,
        settings: RankingSettings,
        seed: int,
        keep: Callable[[State], None] = lambda _state: None,
    ) -> None:
        self._ask, self._settings, self._seed, self._keep = ask, settings, seed, keep
        self.losses: list[float] = []

    def run(self, state: State | None = None) -> LearnedRanker:
        """Learn from the beginning, or from where an earlier process was."""
        state = state or State()
        self.losses = state.losses
        if state.stage == INPUTS:
            state.groups[SCALES] = self._ask(Step(INPUTS), {})
            state = self._next(state, SCORERS)
        scales = state.groups[SCALES]
        schedule = Schedule(self._settings.passes, self._settings.steps_per_pass)
        if state.stage == SCORERS:
            width = len(scales["inputs.sum"])
            scorers = self._learn(state, SCORERS, schedule, (width, HIDDEN, 1))
            state.groups[FINAL_SCORERS] = network_arrays(scorers)
            state = self._next(state, GATES)
        if state.stage == GATES:
            gate = dataclasses.replace(
                GATE,
                passes=self._settings.gate_passes,
                steps_per_pass=self._settings.gate_steps_per_pass,
            )
            told = self._ask(Step(RANKED), self._kept(state))[WIDTH]
            width = round(float(told[0] / told[1]))
            gates = self._learn(state, GATES, gate, (width, GATE_HIDDEN, 3))
            state.groups[FINAL_GATES] = network_arrays(gates)
            state = self._next(state, COUNT)
        ranker = LearnedRanker(*scales_of(scales))
        ranker.scorers = [each.eval() for each in networks_of(state.groups[FINAL_SCORERS])]
        ranker.gates = [each.eval() for each in networks_of(state.groups[FINAL_GATES])]
        kept = self._kept(state)
        ranker.mixing = chosen_mixing(
            lambda what, mixing, depth: self._ask(
                Step(COUNT, mixing=mixing, counts=what, depth=depth), kept
            )
        )
        return ranker

    def _next(self, state: State, stage: str) -> State:
        found = State(stage, 0, self._kept(state), state.losses)
        self._keep(found)
        return found

    def _kept(self, state: State) -> dict[str, Arrays]:
        names = (SCALES, FINAL_SCORERS, FINAL_GATES)
        return {name: state.groups[name] for name in names if name in state.groups}

    def _learn(
        self, state: State, what: str, schedule: Schedule, shape: tuple[int, int, int]
    ) -> list[Scorer]:
        learned = [
            Optimised(Scorer(*shape, seed=self._seed + fold), schedule)
            for fold in range(self._settings.folds)
        ]
        if NETWORKS in state.groups:
            networks = networks_of(state.groups[NETWORKS])
            for fold, (each, network) in enumerate(zip(learned, networks, strict=True)):
                each.restore(network, state.groups, fold, state.number)
        kept = self._kept(state)
        for number in range(state.number, schedule.passes * schedule.steps_per_pass):
            turn, step = divmod(number, schedule.steps_per_pass)
            networks_now = network_arrays([each.network for each in learned])
            found = self._ask(
                Step(what, number, turn, step, schedule.steps_per_pass),
                {**kept, NETWORKS: networks_now},
            )
            for fold, each in enumerate(learned):
                each.step(found[GRADIENT][fold], float(found[WEIGHT][fold]))
            state.losses.append(float(found[LOSS].sum() / max(found[WEIGHT].sum(), 1e-9)))
            state.number = number + 1
            state.groups = {**kept, **_state_of(learned)}
            self._keep(state)
        return [each.network for each in learned]


class Optimised:
    """A network with what its optimiser remembers."""

    def __init__(self, network: Scorer, schedule: Schedule) -> None:
        self.network, self._schedule = network, schedule
        self._prepare()

    def _prepare(self) -> None:
        schedule = self._schedule
        self.optimiser = torch.optim.AdamW(
            self.network.parameters(), lr=schedule.rate, weight_decay=schedule.decay
        )
        total = schedule.passes * schedule.steps_per_pass
        self._rates = torch.optim.lr_scheduler.OneCycleLR(
            self.optimiser, schedule.rate, total_steps=max(total, 2)
        )

    def step(self, gradient: np.ndarray, weight: float) -> None:
        """Go one step along a weighted sum of gradients; nowhere where nothing was summed."""
        self.optimiser.zero_grad()
        if weight > 0:
            use_gradient(self.network, gradient / weight)
        self.optimiser.step()
        self._rates.step()

    def restore(self, network: Scorer, groups: Mapping[str, Arrays], fold: int, steps: int) -> None:
        """Go on from where an earlier process was."""
        self.network = network
        self._prepare()
        for _ in range(steps):
            # Nothing has a gradient yet: the rates alone move.
            self.optimiser.step()
            self._rates.step()
        for number, parameter in enumerate(network.parameters()):
            name = f"{fold}.{number}"
            if name in groups[MOMENTS[0]]:
                kept = {each: torch.from_numpy(groups[each][name].copy()) for each in MOMENTS}
                count = torch.tensor(float(groups["steps"][name][0]))
                self.optimiser.state[parameter] = {"step": count, **kept}


def _state_of(learned: list[Optimised]) -> dict[str, Arrays]:
    found: dict[str, Arrays] = {
        NETWORKS: network_arrays([each.network for each in learned]),
        **{name: {} for name in (*MOMENTS, "steps")},
    }
    for fold, each in enumerate(learned):
        for number, parameter in enumerate(each.network.parameters()):
            memory = each.optimiser.state.get(parameter)
            if memory:
                name = f"{fold}.{number}"
                found["steps"][name] = np.array([float(memory["step"])])
                for moment in MOMENTS:
                    found[moment][name] = memory[moment].numpy().copy()
    return found
