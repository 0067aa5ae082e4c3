"""A ranker that weighs what cases and what annotations say, learned over hospitals.

Three parts. Diseases with cases are ranked by a network over all scores; diseases known from
annotations alone keep the order that knowledge gives them; a gate says how probable it is that the
right disease is among the first, among the second or is not known. Everything is learned on cases
whose own sources were left out of all that their scores are made of, in folds: the networks of
each fold have not seen its cases, and those cases tell how far the answers can be trusted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from shared.ranking.candidates import Candidates
from shared.ranking.mixing import Mixed, Mixing, fit_mixing, mix
from shared.ranking.summed_gradients import Schedule, Scorer, learn

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]
HIDDEN, GATE_HIDDEN = 32, 16
SEEN, UNSEEN, OTHER = 0, 1, 2
LIMIT = 6.0
GATE = Schedule(passes=15, steps_per_pass=10, rate=1e-2, decay=1e-2)
NOWHERE = -1e9


@dataclass(frozen=True)
class TrainingCases:
    """What a ranker learns from.

    Attributes
    ----------
    candidates : Candidates
    truth : int array of shape (cases,)
        Row of the right disease; -1 where it is no candidate.
    weights : array of shape (cases,)
    folds, hospitals : int array of shape (cases,)
    matched : array of shape (cases,)
        Rank of the right disease by best match alone, from 0; infinite without one.
    without_cases : bool array of shape (cases,)
        Whether the right disease had no cases when the scores were made.
    """

    candidates: Candidates
    truth: Rows
    weights: Floats
    folds: Rows
    hospitals: Rows
    matched: npt.NDArray[np.float64]
    without_cases: npt.NDArray[np.bool_]


class LearnedRanker:
    """Networks, gates and how their answers are mixed.

    Attributes
    ----------
    mean, spread : tuple of tensor
        Of the scorers' inputs, of a case's context and of a candidate's features.
    scorers, gates : list of Scorer
        One for each fold; their answers are averaged.
    mixing : Mixing
    """

    def __init__(self, mean: tuple[Tensor, ...], spread: tuple[Tensor, ...]) -> None:
        self.mean, self.spread = mean, spread
        self.scorers: list[Scorer] = []
        self.gates: list[Scorer] = []
        self.mixing = Mixing()

    def rank(self, candidates: Candidates) -> Mixed:
        """Rank the candidates of cases."""
        inputs = self.inputs(candidates)
        absent = torch.from_numpy(candidates.seen < 0)
        with torch.no_grad():
            scores = [_scores(each, inputs, absent) for each in self.scorers]
            against = torch.from_numpy(candidates.against)
            gates = [
                torch.softmax(gate(self.gate_inputs(candidates, score)), dim=1)
                for gate, score in zip(self.gates, scores, strict=True)
            ]
            shares = [
                torch.softmax(each + scorer.belief() * against, dim=1)
                for each, scorer in zip(scores, self.scorers, strict=True)
            ]
            seen = torch.stack(shares).mean(dim=0)
        return mix(candidates, seen.numpy(), torch.stack(gates).mean(dim=0).numpy(), self.mixing)

    def inputs(self, candidates: Candidates) -> Tensor:
        """Return features and context of each candidate, on one scale."""
        width = candidates.seen.shape[1]
        context = np.repeat(candidates.context[:, None], width, axis=1)
        table = torch.from_numpy(np.concatenate([candidates.features, context], axis=2))
        return ((table - self.mean[0]) / self.spread[0]).clamp(-LIMIT, LIMIT)

    def gate_inputs(self, candidates: Candidates, scores: Tensor) -> Tensor:
        """Return what the gate sees of each case: its context, and how sure the network is."""
        firsts = torch.log_softmax(scores, dim=1).topk(2, dim=1)
        best = firsts.indices[:, :1, None].expand(-1, -1, candidates.features.shape[2])
        at_best = torch.from_numpy(candidates.features).gather(1, best)[:, 0]
        at_best = ((at_best - self.mean[2]) / self.spread[2]).clamp(-LIMIT, LIMIT)
        context = torch.from_numpy(candidates.context)
        context = ((context - self.mean[1]) / self.spread[1]).clamp(-LIMIT, LIMIT)
        unseen = torch.from_numpy(candidates.unseen_scores)
        sure = torch.log_softmax(unseen / 2, dim=1)[:, :2]
        total = torch.logsumexp(scores, dim=1, keepdim=True) / 5
        return torch.cat([firsts.values.clamp(min=-8), total, sure, context, at_best], dim=1)


def _scores(network: Scorer, inputs: Tensor, absent: Tensor) -> Tensor:
    found: Tensor = network(inputs)[..., 0].masked_fill(absent, NOWHERE)
    return found


def fit_ranker(
    cases: TrainingCases, schedule: Schedule | None = None, seed: int = 0
) -> LearnedRanker:
    """Learn from the gradients and counts of all hospitals.

    Parameters
    ----------
    cases : TrainingCases
        Of all hospitals; every sum goes over hospitals.
    """
    schedule = schedule or Schedule()
    candidates, truth = cases.candidates, cases.truth
    ranker = LearnedRanker(*_scales(candidates))
    inputs, absent = ranker.inputs(candidates), torch.from_numpy(candidates.seen < 0)
    place = np.where((candidates.seen == truth[:, None]) & (truth[:, None] >= 0))
    target = np.full(len(truth), -1)
    target[place[0]] = place[1]
    kind = np.where(target >= 0, SEEN, OTHER)
    kind[((candidates.unseen == truth[:, None]) & (truth[:, None] >= 0)).any(axis=1)] = UNSEEN
    targets, kinds = torch.from_numpy(target), torch.from_numpy(kind)
    weights = torch.from_numpy(cases.weights)
    draws = np.random.default_rng(seed).random((len(truth), max(schedule.passes, GATE.passes)))
    against = torch.from_numpy(candidates.against)
    outside, believed = torch.empty(inputs.shape[:2]), torch.empty(inputs.shape[:2])
    folds = sorted(set(cases.folds.tolist()))
    for fold in folds:
        network = Scorer(inputs.shape[2], HIDDEN, 1, seed + fold)

        def listwise(network: torch.nn.Module, rows: Rows) -> Tensor:
            assert isinstance(network, Scorer)  # noqa: S101 - narrows the type
            scores = _scores(network, inputs[rows], absent[rows])
            scores = scores + network.belief() * against[rows]
            return cross_entropy(scores, targets[rows], reduction="none")

        chosen = _of_hospitals(cases.hospitals, (cases.folds != fold) & (target >= 0))
        learn(network, listwise, weights, chosen, draws, schedule)
        ranker.scorers.append(network)
        here = cases.folds == fold
        with torch.no_grad():
            outside[here] = _scores(network, inputs[here], absent[here])
            believed[here] = outside[here] + network.belief() * against[here]
    seen_of = ranker.gate_inputs(candidates, outside)
    gates = torch.empty(len(truth), 3)
    for fold in folds:
        gate = Scorer(seen_of.shape[1], GATE_HIDDEN, 3, seed + fold)

        def which(gate: torch.nn.Module, rows: Rows) -> Tensor:
            return cross_entropy(gate(seen_of[rows]), kinds[rows], reduction="none")

        learn(
            gate, which, weights, _of_hospitals(cases.hospitals, cases.folds != fold), draws, GATE
        )
        ranker.gates.append(gate)
        here = cases.folds == fold
        with torch.no_grad():
            gates[here] = torch.softmax(gate(seen_of[here]), dim=1)
    ranker.mixing = fit_mixing(
        candidates,
        torch.softmax(believed, dim=1).numpy(),
        gates.numpy(),
        truth,
        cases.matched,
        cases.without_cases,
    )
    return ranker


def _of_hospitals(hospitals: Rows, chosen: npt.NDArray[np.bool_]) -> Sequence[Rows]:
    return [np.flatnonzero(chosen & (hospitals == each)) for each in np.unique(hospitals)]


def _scales(candidates: Candidates) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
    """Return means and spreads of inputs, context and features, from sums over all cases."""
    there = candidates.seen >= 0
    context = np.repeat(candidates.context[:, None], there.shape[1], axis=1)
    table = np.concatenate([candidates.features, context], axis=2)[there]
    tables = (table, candidates.context, candidates.features[there])
    means = tuple(torch.from_numpy(each.mean(axis=0)) for each in tables)
    return means, tuple(torch.from_numpy(each.std(axis=0) + 1e-3) for each in tables)
