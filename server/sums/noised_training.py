"""Training each kind of model from noised sums."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from server.checkpoint import Progress
from server.sums.asking import FederationSums
from shared.models import create_model
from shared.models.additive_trees.as_trees import trees_of
from shared.models.additive_trees.grid import ColumnGrids, grids_of
from shared.models.additive_trees.messages import INTERCEPT, VALUES, to_arrays
from shared.models.additive_trees.stumps import AdditiveModel, StumpStep
from shared.models.base import Arrays
from shared.models.histogram_boosting.objective import intercept
from shared.models.neural_network import NeuralNetwork
from shared.models.random_forest import CLASS_SHARES, refilled
from shared.models.random_structure import random_forest_structure
from shared.models.server_step import ServerStep
from shared.models.tree_arrays import LEAF, LEFT
from shared.preparation import Preparation
from shared.preprocessing.steps import FlagStep
from shared.privacy.fixed_sums import to_floats
from shared.privacy.gaussian_budget import Spending
from shared.privacy.sum_question import Purpose, SumHeader
from shared.questions import ARRAYS_KEY, Question
from shared.run_settings import ModelName, RunSettings

Keep = Callable[[Progress], None]
# Steps at the end whose models are averaged: noise averages out, what was learned does not.
AVERAGED_SHARE = 0.5


@dataclass
class NoisedTraining:
    """Trains one model.

    Attributes
    ----------
    spending : Spending
        Of the model.
    keep : callable
        Keeps what a step brought, so that a run that goes on pays for nothing twice.
    """

    sums: FederationSums
    settings: RunSettings
    preparation: Preparation
    spending: Spending
    keep: Keep

    @property
    def rows(self) -> int:
        """Patients that all hospitals learn from, as far as is known."""
        return max(self.preparation.training_rows, 1)

    def train(self, name: ModelName, question: Question, begin: Progress | None) -> Arrays:
        """Train from the beginning, or from where an earlier process was."""
        if name == "neural_network":
            return self.network(question, begin)
        if name == "boosted_trees":
            return self.boosted(question, begin)
        return begin.arrays if begin else self.forest(question)

    def header(self, purpose: Purpose, step: int, releases: int) -> SumHeader:
        """Describe one of so many sums."""
        multiplier = self.spending.noise_multiplier(releases)
        return SumHeader(purpose=purpose, step=step, noise_multiplier=multiplier)

    def network(self, question: Question, begin: Progress | None) -> Arrays:
        """Step along sums of clipped gradients (Abadi et al. 2016)."""
        model = create_model(
            "neural_network",
            self.settings.neural_network,
            self.preparation.columns,
            self.preparation.classes,
            self.settings.seed,
            self.preparation.preprocessor.blocks(),
        )
        if not isinstance(model, NeuralNetwork):
            raise TypeError(model.name)
        kind, privacy = model.settings, self.settings.privacy
        step = ServerStep(kind)
        progress = begin or Progress(0, model.initial_arrays())
        step.first = progress.strategy.get("first", {})
        step.second = progress.strategy.get("second", {})
        average = Average(kind.rounds, progress.strategy.get("average", {}))
        expected = self.rows * privacy.sampling_rate
        for number in range(progress.number + 1, kind.rounds + 1):
            shared = progress.arrays
            size = sum(each.size for each in shared.values())
            header = self.header("network step", number, kind.rounds)
            found = self.sums.ask(question, header, (size,), {ARRAYS_KEY: shared})
            gradient = unflattened(to_floats(found.values) / expected, shared)
            moved = {
                name: (shared[name] - kind.learning_rate * each).astype(np.float32)
                for name, each in gradient.items()
            }
            arrays = step(number, shared, moved)
            average.add(number, arrays)
            state = {"first": step.first, "second": step.second, "average": average.total}
            progress = Progress(number, arrays, trained=True, strategy=state)
            self.keep(progress)
        return {name: each.astype(np.float32) for name, each in average.mean.items()}

    def boosted(self, question: Question, begin: Progress | None) -> Arrays:
        """Step along sums of clipped gradients on the sides of random cuts."""
        privacy = self.settings.privacy
        grids = grids_of(self.preparation.preprocessor, privacy.cuts)
        centres = centres_of(self.preparation)
        state = begin.strategy if begin else {}
        model = read_state(state.get("model", {})) or self.start(grids)
        velocity = read_state(state.get("velocity", {})) or zero(model)
        average = Average(privacy.iterations, state.get("average", {}))
        first = begin.number + 1 if begin else 1
        for number in range(first, privacy.iterations + 1):
            step = StumpStep(grids.drawn(self.settings.seed, number), centres)
            header = self.header("boosting step", number, privacy.iterations)
            shape = (len(grids.edges) + 1, len(model.intercept))
            found = self.sums.ask(question, header, shape, {ARRAYS_KEY: to_arrays(model, step)})
            pushed = step.moved(scaled(velocity, privacy.momentum), to_floats(found.values))
            velocity = pushed
            model = plus(model, scaled(velocity, privacy.learning_rate / self.rows))
            average.add(number, state_of(model))
            kept = {
                "model": state_of(model),
                "velocity": state_of(velocity),
                "average": average.total,
            }
            self.keep(Progress(number, {}, trained=True, strategy=kept))
        last = read_state(average.mean) or model
        return trees_of(last, grids)

    def start(self, grids: ColumnGrids) -> AdditiveModel:
        """Return what is known before the first step: how frequent diagnoses are."""
        preparation = self.preparation
        begin = intercept(
            np.array(preparation.class_frequencies), np.array(preparation.class_weights)
        ).astype(np.float64)
        return AdditiveModel(begin, np.zeros((len(grids.edges), grids.bins, len(begin))))

    def forest(self, question: Question) -> Arrays:
        """Fill the leaves of trees that no data chose."""
        privacy, preparation = self.settings.privacy, self.preparation
        grids = grids_of(preparation.preprocessor, privacy.cuts)
        structure = random_forest_structure(
            grids, preparation.classes, privacy.trees, privacy.depth, self.settings.seed
        )
        header = self.header("leaves", 1, 1)
        shape = structure[CLASS_SHARES].shape
        found = self.sums.ask(question, header, shape, {ARRAYS_KEY: structure})
        leaves = (structure[LEFT] == LEAF)[:, None]
        counts = np.maximum(to_floats(found.values), 0) * leaves
        weighed = counts * np.array(preparation.class_weights)
        arrays = refilled(structure, np.rint(weighed * 1000).astype(np.int64))
        self.keep(Progress(1, arrays, trained=True))
        return arrays


class Average:
    """The mean model over the last steps (Polyak and Juditsky 1992)."""

    def __init__(self, steps: int, total: Arrays) -> None:
        self._first = int(steps * (1 - AVERAGED_SHARE)) + 1
        self._steps = steps
        self.total = total

    def add(self, number: int, arrays: Arrays) -> None:
        """Take the model after a step."""
        if number >= self._first:
            self.total = {
                name: self.total.get(name, 0.0) + each.astype(np.float64)
                for name, each in arrays.items()
            }

    @property
    def mean(self) -> Arrays:
        """The mean after the last step."""
        number = self._steps - self._first + 1
        return {name: each / number for name, each in self.total.items()}


def unflattened(values: np.ndarray, shared: Arrays) -> Arrays:
    """Cut a vector into arrays of the model's shapes."""
    ends = np.cumsum([each.size for each in shared.values()])[:-1]
    parts = np.split(values, ends)
    return {
        name: part.reshape(each.shape)
        for part, (name, each) in zip(parts, shared.items(), strict=True)
    }


def centres_of(preparation: Preparation) -> np.ndarray:
    """Return the share of patients expected above each column's cut, shape (columns,).

    Of the rare codes and findings it is close to none.
    """
    found: list[float] = []
    for step in preparation.preprocessor.steps:
        own = {"numeric": 0.5}.get(step.kind, 0.0)
        first = step.fill if isinstance(step, FlagStep) else own
        found += [first, *[0.0] * len(step.names())][: len(step.names())]
    return np.array(found, dtype=np.float64)


def state_of(model: AdditiveModel) -> Arrays:
    """Write a model to keep."""
    return {INTERCEPT: model.intercept, VALUES: model.values}


def read_state(arrays: Arrays) -> AdditiveModel | None:
    """Read what `state_of` wrote, if there is any."""
    return AdditiveModel(arrays[INTERCEPT], arrays[VALUES]) if arrays else None


def zero(model: AdditiveModel) -> AdditiveModel:
    """Return a model that says nothing."""
    return AdditiveModel(0 * model.intercept, 0 * model.values)


def scaled(model: AdditiveModel, factor: float) -> AdditiveModel:
    """Return a model that says so many times as much."""
    return AdditiveModel(model.intercept * factor, model.values * factor)


def plus(first: AdditiveModel, second: AdditiveModel) -> AdditiveModel:
    """Return what both say together."""
    return AdditiveModel(first.intercept + second.intercept, first.values + second.values)
