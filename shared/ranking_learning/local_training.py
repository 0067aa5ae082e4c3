"""One hospital's part of learning a ranker: sums over its cases, and nothing of a single one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from shared.models.base import Arrays
from shared.ranking.learned_ranker import (
    NOWHERE,
    OTHER,
    SEEN,
    UNSEEN,
    LearnedRanker,
    TrainingCases,
)
from shared.ranking.mixing import Mixing
from shared.ranking.summed_gradients import Scorer
from shared.ranking_learning import mixing_counts
from shared.ranking_learning.networks import flat_gradient, networks_of
from shared.ranking_learning.scales import moments_of, scales_of

Rows = npt.NDArray[np.int64]
WEIGHT, LOSS, GRADIENT, WIDTH = "weight", "loss", "gradient", "width"


class LocalTraining:
    """Cases of one hospital, each scored without its own fold.

    Parameters
    ----------
    cases : TrainingCases
    draws : array of shape (cases, passes)
        A number in 0 to 1 for each case and pass: which step of the pass it is in.
    folds : int
    smallest : int
        Steps in which fewer of the hospital's cases are tell nothing.
    """

    def __init__(
        self, cases: TrainingCases, draws: npt.NDArray[np.float64], folds: int, smallest: int = 1
    ) -> None:
        self.cases, self.folds = cases, folds
        self._draws, self._smallest = draws, smallest
        self._weights = torch.from_numpy(cases.weights.astype(np.float32))
        self._absent = torch.from_numpy(cases.candidates.seen < 0)
        self._against = torch.from_numpy(cases.candidates.against)
        self._targets, self._kinds = _aims(cases)

    def __len__(self) -> int:
        return len(self.cases.truth)

    def moments(self) -> Arrays:
        """Return numbers, sums and sums of squares of what networks see."""
        return moments_of(self.cases.candidates, told=len(self) >= self._smallest)

    def use_scales(self, moments: Arrays) -> None:
        """Put everything on the scale that all hospitals share."""
        self._ranker = LearnedRanker(*scales_of(moments))
        self._inputs = self._ranker.inputs(self.cases.candidates)

    def score_step(self, networks: Arrays, step: tuple[int, int, int]) -> Arrays:
        """Return, for each fold, the gradient of the networks that rank; see `_step`."""
        scorers = networks_of(networks)

        def loss(fold: int, rows: Rows) -> Tensor:
            scorer = scorers[fold]
            scores = _scores(scorer, self._inputs[rows], self._absent[rows])
            scores = scores + scorer.belief() * self._against[rows]
            return cross_entropy(scores, self._targets[rows], reduction="none")

        return self._step(scorers, loss, step, self._targets.numpy() >= 0)

    def use_scorers(self, networks: Arrays) -> None:
        """Score each fold by the network that has not seen it."""
        scorers = networks_of(networks)
        self._outside = torch.empty(self._inputs.shape[:2])
        self._believed = torch.empty(self._inputs.shape[:2])
        for fold, scorer in enumerate(scorers):
            here = self.cases.folds == fold
            with torch.no_grad():
                found = _scores(scorer, self._inputs[here], self._absent[here])
                self._outside[here] = found
                self._believed[here] = found + scorer.belief() * self._against[here]
        self._scorers = scorers
        self._gate_inputs = self._ranker.gate_inputs(self.cases.candidates, self._outside)

    def width(self) -> Arrays:
        """Return how many numbers a gate sees, and 1, so that sums over hospitals tell it."""
        return {WIDTH: np.array([self._gate_inputs.shape[1], 1], dtype=np.float64)}

    def gate_step(self, networks: Arrays, step: tuple[int, int, int]) -> Arrays:
        """Return, for each fold, the gradient of the gates; see `_step`."""
        gates = networks_of(networks)

        def loss(fold: int, rows: Rows) -> Tensor:
            return cross_entropy(
                gates[fold](self._gate_inputs[rows]), self._kinds[rows], reduction="none"
            )

        return self._step(gates, loss, step, np.ones(len(self), dtype=np.bool_))

    def use_gates(self, networks: Arrays) -> None:
        """Say of each case which list its disease is likely to be in."""
        self._learned_gates = networks_of(networks)
        gates = torch.empty(len(self), 3)
        for fold, gate in enumerate(self._learned_gates):
            here = self.cases.folds == fold
            with torch.no_grad():
                gates[here] = torch.softmax(gate(self._gate_inputs[here]), dim=1)
        self._gates = gates.numpy()
        self._shares = torch.softmax(self._believed, dim=1).numpy()

    def ranker(self, mixing: Mixing) -> LearnedRanker:
        """Return the ranker that was learned."""
        self._ranker.scorers, self._ranker.gates = self._scorers, self._learned_gates
        self._ranker.mixing = mixing
        return self._ranker

    def count(self, what: str, mixing: Mixing, depth: int) -> Arrays:
        """Return counts by which lists are mixed; see `mixing_counts`."""
        outside = mixing_counts.Outside(self.cases, self._shares, self._gates)
        return mixing_counts.COUNTS[what](outside, mixing, depth)

    def _step(
        self,
        networks: Sequence[Scorer],
        loss: mixing_counts.FoldLoss,
        step: tuple[int, int, int],
        usable: npt.NDArray[np.bool_],
    ) -> Arrays:
        """Return sums over the cases of one step.

        Parameters
        ----------
        step : (turn, step, steps per pass)

        Returns
        -------
        Arrays
            The weighted sum of gradients of shape (folds, parameters); the sums of weights and of
            weighted losses of shape (folds,).
        """
        turn, number, steps = step
        here = (self._draws[:, turn] * steps).astype(int) == number
        found: dict[str, list[npt.NDArray[np.float64]]] = {GRADIENT: [], WEIGHT: [], LOSS: []}
        for fold, network in enumerate(networks):
            rows = np.flatnonzero(here & usable & (self.cases.folds != fold))
            network.zero_grad()
            weight, lost = 0.0, 0.0
            if len(rows) and len(rows) >= self._smallest:
                total = torch.sum(loss(fold, rows) * self._weights[rows])
                total.backward()  # type: ignore[no-untyped-call]
                weight, lost = float(self._weights[rows].sum()), float(total.detach())
            found[GRADIENT].append(flat_gradient(network))
            found[WEIGHT].append(np.array(weight))
            found[LOSS].append(np.array(lost))
        return {name: np.stack(each) for name, each in found.items()}


def _scores(network: Scorer, inputs: Tensor, absent: Tensor) -> Tensor:
    found: Tensor = network(inputs)[..., 0].masked_fill(absent, NOWHERE)
    return found


def _aims(cases: TrainingCases) -> tuple[Tensor, Tensor]:
    """Return the place of each case's disease in its list, and in which list it is."""
    candidates, truth = cases.candidates, cases.truth
    known = (truth >= 0)[:, None]
    place = np.where((candidates.seen == truth[:, None]) & known)
    target = np.full(len(truth), -1)
    target[place[0]] = place[1]
    kind = np.where(target >= 0, SEEN, OTHER)
    kind[((candidates.unseen == truth[:, None]) & known).any(axis=1)] = UNSEEN
    return torch.from_numpy(target), torch.from_numpy(kind)
