"""Training each kind of model from secret sums without noise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

import numpy as np

from server.checkpoint import Progress
from server.sums.asking import FederationSums
from server.sums.growing import SecretBoosting
from server.sums.noised_training import NoisedTraining, unflattened
from shared.errors import PartialRunError
from shared.models import create_model
from shared.models.base import Arrays
from shared.models.boosted_trees import BoostedTrees
from shared.models.histogram_boosting.fixed_point import scale_bits
from shared.models.histogram_boosting.objective import intercept
from shared.models.server_step import ServerStep
from shared.preparation import Preparation
from shared.privacy.fixed_sums import to_floats
from shared.privacy.gaussian_budget import NOTHING_HIDDEN
from shared.privacy.sum_question import SumHeader
from shared.questions import ARRAYS_KEY, Question
from shared.run_settings import ModelName, RunSettings

Keep = Callable[[Progress], None]


@dataclass
class ExactTraining:
    """Trains one model: what single answers would give, from their sums.

    Trees that one hospital grows would show its rows in their splits: forests draw theirs at random
    and hospitals sum what is in the leaves.
    """

    sums: FederationSums
    settings: RunSettings
    preparation: Preparation
    keep: Keep

    def train(self, name: ModelName, question: Question, begin: Progress | None) -> Arrays:
        """Train from the beginning, or from where an earlier process was."""
        if name == "neural_network":
            return self.network(question, begin)
        if name == "boosted_trees":
            return self.boosted(question, begin)
        if begin:
            return begin.arrays
        at_random = NoisedTraining(
            self.sums, self.settings, self.preparation, NOTHING_HIDDEN, self.keep
        )
        return at_random.forest(question)

    def network(self, question: Question, begin: Progress | None) -> Arrays:
        """Step along the mean update, weighed by rows (McMahan et al. 2017)."""
        preparation = self.preparation
        model = create_model(
            "neural_network",
            self.settings.neural_network,
            preparation.columns,
            preparation.classes,
            self.settings.seed,
            preparation.preprocessor.blocks(),
        )
        step = ServerStep(self.settings.neural_network)
        progress = begin or Progress(0, model.initial_arrays())
        step.first = progress.strategy.get("first", {})
        step.second = progress.strategy.get("second", {})
        for number in range(progress.number + 1, self.settings.neural_network.rounds + 1):
            shared = progress.arrays
            mean = self.mean_update(question, number, shared)
            trained = {name: (shared[name] + mean[name]).astype(np.float32) for name in shared}
            arrays = step(number, shared, trained)
            state = {"first": step.first, "second": step.second}
            progress = Progress(number, arrays, trained=True, strategy=state)
            self.keep(progress)
        return progress.arrays

    def mean_update(self, question: Question, number: int, shared: Arrays) -> Arrays:
        """Ask for updates, each times its rows; the rows and their loss come last."""
        size = sum(each.size for each in shared.values()) + 2
        header = SumHeader(purpose="network update", step=number, noise_multiplier=0)
        found = self.sums.ask(question, header, (size,), {ARRAYS_KEY: shared})
        values = to_floats(found.values)
        rows = values[-2]
        if rows < 1:
            raise PartialRunError("The hospitals have no rows to train the network with.")
        return unflattened(values[:-2] / rows, shared)

    def boosted(self, question: Question, begin: Progress | None) -> Arrays:
        """Let all hospitals grow each tree together."""
        preparation = self.preparation
        model = create_model(
            "boosted_trees",
            self.settings.boosted_trees,
            preparation.columns,
            preparation.classes,
            self.settings.seed,
            preparation.preprocessor.blocks(),
        )
        if not isinstance(model, BoostedTrees):
            raise TypeError(model.name)
        weights = np.array(preparation.class_weights)
        last = begin or Progress(0, model.initial_arrays())
        boosting = SecretBoosting(
            self.sums.grid,
            model,
            question,
            scale_bits(ceil(preparation.training_rows), float(weights.max())),
            last.arrays,
            sums=self.sums,
        )
        begin_at = intercept(np.array(preparation.class_frequencies), weights)
        for progress in boosting.rounds(last, begin_at):
            last = progress
            self.keep(last)
        return last.arrays
