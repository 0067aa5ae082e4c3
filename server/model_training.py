"""Training each kind of model: asking, checking what comes back, keeping each round."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import ceil
from typing import Any

import numpy as np
from flwr.app import Message

from server.answer_checks import AnswerChecks
from server.checkpoint import Checkpoint, Progress
from server.federated_boosting import FederatedBoosting
from server.leaf_refilling import refill_leaves
from server.pretraining import read_pretrained, refuse_pointless_pretraining, taken_over
from server.recording_grid import RecordingGrid
from server.rounds import RoundRecord
from server.strategies.creating import create_strategy
from server.strategies.replies import answered_arrays, answered_rows
from server.training_rounds import train_rounds
from server.transfer_rounds import TransferRounds
from server.update_screening import exploded_updates
from shared.contract import Contract
from shared.errors import JuntosError, PartialRunError
from shared.models import create_model
from shared.models.base import Arrays, ModelKind
from shared.models.boosted_trees import BoostedTrees
from shared.models.histogram_boosting.fixed_point import scale_bits
from shared.models.histogram_boosting.objective import intercept
from shared.models.neural_network import NeuralNetwork
from shared.models.random_forest import RandomForest
from shared.preparation import Preparation
from shared.questions import Question, question_record
from shared.run_settings import ModelName, RunSettings


class ModelTraining:
    """Trains models over the members of a run.

    Parameters
    ----------
    view : Contract
        As the run sees it.
    training_rows : mapping of int to int
        Of each member, as its summary said.
    checkpoint : Checkpoint
    earlier : sequence of RoundRecord
        All rounds that an earlier process recorded.
    """

    def __init__(
        self,
        grid: RecordingGrid,
        settings: RunSettings,
        view: Contract,
        preparation: Preparation,
        training_rows: Mapping[int, int],
        checkpoint: Checkpoint,
        earlier: Sequence[RoundRecord],
    ) -> None:
        self.grid = grid
        self.settings = settings
        self.view = view
        self.preparation = preparation
        self.training_rows = training_rows
        self.checkpoint = checkpoint
        self.earlier = list(earlier)
        self.shared: Arrays = {}

    def train(self, name: ModelName, question: Question) -> Arrays:
        """Train one kind of model over its rounds.

        Parameters
        ----------
        question : Question
            What hospitals must know to train this kind.
        """
        settings = self.settings.of_model(name)
        model = create_model(
            name,
            settings,
            self.preparation.columns,
            self.preparation.classes,
            self.settings.seed,
            self.preparation.preprocessor.blocks(),
        )
        begin = self.checkpoint.progress(name) or Progress(0, self.start(model))
        if begin.rounds:
            self.grid.records = self.earlier[: begin.rounds]
        if isinstance(model, BoostedTrees) and model.settings.method == "histograms":
            return self.trained(model, self.grow_together(model, question, begin))
        last = self.train_in_rounds(model, question, begin)
        if isinstance(model, RandomForest) and model.settings.refill and last.trained:
            last = self.refill(question, last)
        return self.trained(model, last)

    def train_in_rounds(
        self, model: ModelKind[Any], question: Question, begin: Progress
    ) -> Progress:
        """Let Flower's strategies bring together what hospitals train."""
        name: ModelName = question.model or "neural_network"

        def begin_rounds(before: Progress) -> None:
            self.shared = before.arrays
            self.grid.begin(
                name,
                AnswerChecks(
                    accept=lambda reply: self.check_step(model, reply),
                    compare=lambda replies: self.check_together(model, replies),
                ),
                before.number,
            )

        def keep(progress: Progress) -> None:
            self.keep(name, progress)

        strategy = create_strategy(name, self.settings)
        if isinstance(model, NeuralNetwork):
            transfer = model.transfer(np.array(self.preparation.class_counts))
            rounds = TransferRounds(self.grid, model, transfer, question, begin_rounds, keep)
            return rounds.train(strategy, begin)
        begin_rounds(begin)
        config = question_record(question)
        return train_rounds(strategy, self.grid, begin, model.settings, config, keep)

    def start(self, model: ModelKind[Any]) -> Arrays:
        """Return the model before the first round."""
        if isinstance(model, NeuralNetwork):
            refuse_pointless_pretraining(model.settings.transfer, self.view)
            if model.settings.transfer.start_from:
                before = read_pretrained(model.settings.transfer.start_from)
                return taken_over(model, self.preparation.preprocessor, self.view, before)
        return model.initial_arrays()

    def refill(self, question: Question, grown: Progress) -> Progress:
        """Fill the forest's leaves with what all hospitals' rows say of them."""
        if grown.number > 1:
            return grown
        arrays = refill_leaves(self.grid, question, grown.arrays)
        last = replace(grown, number=2, arrays=arrays)
        self.keep("random_forest", last)
        return last

    def grow_together(self, model: BoostedTrees, question: Question, begin: Progress) -> Progress:
        """Let all hospitals grow each tree together."""
        weights = np.array(self.preparation.class_weights)
        most_rows = sum(self.training_rows.values()) * self.settings.augmentation.most_growth
        boosting = FederatedBoosting(
            self.grid,
            model,
            question,
            scale_bits(ceil(most_rows), float(weights.max())),
            begin.arrays,
        )
        last = begin
        begin_at = intercept(np.array(self.preparation.class_frequencies), weights)
        for last in boosting.rounds(begin, begin_at):
            self.keep("boosted_trees", last)
        return last

    def keep(self, name: ModelName, progress: Progress) -> None:
        """Keep what a round brought, so that the run can go on from there."""
        self.shared = progress.arrays
        progress.rounds = len(self.grid.records)
        self.checkpoint.save_progress(name, progress)

    def check_together(
        self, model: ModelKind[Any], replies: Mapping[int, Message]
    ) -> Mapping[int, str]:
        """Return which hospitals' training steps are out of proportion, with the reason."""
        norms = {
            node: model.update_norm(self.shared, answered_arrays(reply))
            for node, reply in replies.items()
        }
        return exploded_updates(norms, self.settings.update_norm_limit)

    def check_step(self, model: ModelKind[Any], reply: Message) -> None:
        """Refuse a hospital's training step that cannot become part of the model.

        Raises
        ------
        JuntosError
            Naming what does not fit; the hospital is left out of the round, which goes on.
        """
        model.check_update(answered_arrays(reply))
        rows = answered_rows(reply)
        if rows != self.training_rows[reply.metadata.src_node_id]:
            raise JuntosError("a training step on another number of rows than the summary said")

    def trained(self, model: ModelKind[Any], progress: Progress) -> Arrays:
        """Check and return what training left."""
        if not progress.trained:
            raise PartialRunError(
                f"No hospital's training of the {model.name} could be used.",
                "The rounds of this run name each hospital's reason.",
            )
        model.check_arrays(progress.arrays)
        return progress.arrays
