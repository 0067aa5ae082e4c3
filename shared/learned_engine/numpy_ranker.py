"""A learned ranker as it answers: the arithmetic of `LearnedRanker`, without PyTorch.

A node that answers starts in a second and stays small; what is learned elsewhere is a few arrays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from shared.models.base import Arrays
from shared.ranking.candidates import Candidates
from shared.ranking.mixing import Mixed, Mixing, mix

Floats = npt.NDArray[np.float32]
LIMIT, NOWHERE, FAINTEST = 6.0, -1e9, -8.0


class NumpyScorer:
    """One hidden layer beside a linear map; see `shared.ranking.summed_gradients.Scorer`.

    Parameters
    ----------
    state : Arrays
        Weights by name, as PyTorch has them.

    Raises
    ------
    KeyError, ValueError
        When they do not fit each other.
    """

    def __init__(self, state: Arrays) -> None:
        self._first, self._second = state["first.weight"].T, state["second.weight"].T
        self._linear = state["linear.weight"].T
        self._biases = state["first.bias"], state["second.bias"] + state["linear.bias"]
        # What excluded findings weigh, never below 0.
        self.belief = float(np.logaddexp(0, state["against"][0]))
        inputs, hidden = self._first.shape
        outputs = self._linear.shape[1]
        shapes = (self._second.shape, self._linear.shape, *(each.shape for each in self._biases))
        if shapes != ((hidden, outputs), (inputs, outputs), (hidden,), (outputs,)):
            raise ValueError("weights of different networks")

    def __call__(self, inputs: Floats) -> Floats:
        """Return scores of shape (..., outputs)."""
        hidden = np.maximum(inputs @ self._first + self._biases[0], 0)
        found: Floats = hidden @ self._second + inputs @ self._linear + self._biases[1]
        return found


class NumpyRanker:
    """Answers as `LearnedRanker` does, but for rounding.

    Parameters
    ----------
    mean, spread : sequence of array
        Of the scorers' inputs, of a case's context and of a candidate's features.
    scorers, gates : sequence of NumpyScorer
    mixing : Mixing
    """

    def __init__(
        self,
        mean: Sequence[Floats],
        spread: Sequence[Floats],
        scorers: Sequence[NumpyScorer],
        gates: Sequence[NumpyScorer],
        mixing: Mixing,
    ) -> None:
        self._mean, self._spread = mean, spread
        self.scorers, self.gates, self.mixing = scorers, gates, mixing

    def rank(self, candidates: Candidates) -> Mixed:
        """Rank the candidates of cases."""
        width = candidates.seen.shape[1]
        context = np.repeat(candidates.context[:, None], width, axis=1)
        inputs = self._scaled(np.concatenate([candidates.features, context], axis=2), 0)
        absent = candidates.seen < 0
        shares, gates = [], []
        for scorer, gate in zip(self.scorers, self.gates, strict=True):
            scores = np.where(absent, np.float32(NOWHERE), scorer(inputs)[..., 0])
            gates.append(_softmax(gate(self._gate_inputs(candidates, scores))))
            shares.append(_softmax(scores + scorer.belief * candidates.against))
        return mix(
            candidates,
            np.mean(shares, axis=0, dtype=np.float32),
            np.mean(gates, axis=0, dtype=np.float32),
            self.mixing,
        )

    def _scaled(self, table: Floats, which: int) -> Floats:
        found: Floats = (table - self._mean[which]) / self._spread[which]
        return found.clip(-LIMIT, LIMIT)

    def _gate_inputs(self, candidates: Candidates, scores: Floats) -> Floats:
        certain = _log_softmax(scores)
        order = np.argsort(-certain, axis=1, kind="stable")[:, :2]
        firsts = np.take_along_axis(certain, order, axis=1)
        at_best = np.take_along_axis(candidates.features, order[:, :1, None], axis=1)[:, 0]
        sure = _log_softmax(candidates.unseen_scores / np.float32(2))[:, :2]
        total = _log_sum(scores) / 5
        parts = [
            np.maximum(firsts, FAINTEST),
            total,
            sure,
            self._scaled(candidates.context, 1),
            self._scaled(at_best, 2),
        ]
        return np.concatenate(parts, axis=1).astype(np.float32)


def ranker_of(arrays: Mapping[str, Any], mixing: Mapping[str, Any]) -> NumpyRanker:
    """Return the ranker that arrays hold.

    Raises
    ------
    KeyError, ValueError, TypeError
        When they are none.
    """
    mean, spread = ([arrays[f"{name}.{k}"] for k in range(3)] for name in ("mean", "spread"))
    networks: dict[str, list[NumpyScorer]] = {"scorers": [], "gates": []}
    for kind, found in networks.items():
        number = len({name.split(".")[1] for name in arrays if name.startswith(f"{kind}.")})
        for place in range(number):
            start = f"{kind}.{place}."
            found.append(
                NumpyScorer(
                    {k.removeprefix(start): v for k, v in arrays.items() if k.startswith(start)}
                )
            )
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in mixing.items()
    }
    return NumpyRanker(mean, spread, networks["scorers"], networks["gates"], Mixing(**values))


def _log_sum(scores: Floats) -> Floats:
    top = scores.max(axis=1, keepdims=True)
    found: Floats = top + np.log(np.exp(scores - top).sum(axis=1, keepdims=True))
    return found


def _log_softmax(scores: Floats) -> Floats:
    return scores - _log_sum(scores)


def _softmax(scores: Floats) -> Floats:
    found: Floats = np.exp(_log_softmax(scores))
    return found
