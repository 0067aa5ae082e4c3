"""One run of a federation, readable as a script of questions to the hospitals."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np
from flwr.app import ArrayRecord, Message
from flwr.serverapp import Grid
from pydantic import BaseModel

from server.answer_checks import AnswerChecks
from server.checkpoint import Checkpoint, Members, NoCheckpoint, Progress
from server.federated_boosting import FederatedBoosting
from server.leaf_refilling import refill_leaves
from server.recording_grid import RecordingGrid
from server.rounds import NOT_CONNECTED, RoundObserver, RoundRecord
from server.strategies import create_strategy
from server.strategies.replies import answered_arrays, answered_rows
from server.training_rounds import train_rounds
from server.update_screening import exploded_updates
from shared.contract import Contract
from shared.errors import JuntosError, PartialRunError
from shared.metrics import Evaluation
from shared.models import create_model
from shared.models.base import Arrays, ModelKind
from shared.models.boosted_trees import BoostedTrees
from shared.models.histogram_boosting.fixed_point import scale_bits
from shared.models.histogram_boosting.objective import intercept
from shared.models.random_forest import RandomForest
from shared.preparation import Preparation, prepare
from shared.questions import (
    ALONE,
    EVALUATE,
    SUMMARISE,
    EvaluationAnswer,
    Question,
    SummaryAnswer,
    array_record,
    question_record,
    questions_to,
    read_answer,
)
from shared.run_settings import ModelName, RunSettings
from shared.statistics import Summary, merge_summaries

Answer = TypeVar("Answer", bound=BaseModel)
EvaluationsByHospital = dict[str, dict[ModelName, Evaluation]]


@dataclass
class FederationResult:
    """What a run brought.

    Attributes
    ----------
    contract : Contract
        As the run saw it.
    hospitals : dict of str to SummaryAnswer
        Who took part, with what each said of its data.
    summary : Summary
        Merged, of all training rows.
    preparation : Preparation
    models : dict of str to Arrays
    federated, alone : dict of str to dict of str to Evaluation
        By hospital and model: the shared models, and those it would have had alone.
    rounds : list of RoundRecord
    """

    contract: Contract
    hospitals: dict[str, SummaryAnswer]
    summary: Summary
    preparation: Preparation
    models: dict[ModelName, Arrays] = field(default_factory=dict)
    federated: EvaluationsByHospital = field(default_factory=dict)
    alone: EvaluationsByHospital = field(default_factory=dict)
    rounds: list[RoundRecord] = field(default_factory=list)

    @property
    def left_out(self) -> dict[str, str]:
        """Hospitals that took part and were missing from any round, with the first reason."""
        reasons: dict[str, str] = {}
        for record in self.rounds:
            for hospital, reason in record.left_out.items():
                if reason == NOT_CONNECTED:
                    continue
                place = f"{record.model} round {record.number}" if record.model else record.question
                reasons.setdefault(hospital, f"{place}: {reason}")
        return reasons


class Federation:
    """Asks hospitals, one question after the other.

    Parameters
    ----------
    grid : Grid
        Any way to reach hospitals: Flower's own, or in this process.
    names : mapping of int to str
        Enrolled name of each node.
    contract : Contract
        The federation's; the run's view of it comes from the settings.
    checkpoint : Checkpoint, optional
        Where the run leaves its state after each round, and finds what an earlier process left.
    earlier : sequence of RoundRecord, optional
        All rounds that an earlier process recorded.
    """

    def __init__(
        self,
        grid: Grid,
        names: Mapping[int, str],
        contract: Contract,
        settings: RunSettings,
        observer: RoundObserver,
        checkpoint: Checkpoint | None = None,
        earlier: Sequence[RoundRecord] = (),
    ) -> None:
        self.grid = RecordingGrid(grid, names, settings, observer)
        self.checkpoint = checkpoint or NoCheckpoint()
        self.earlier = list(earlier)
        self.contract = contract
        self.view = settings.task.contract(contract)
        self.settings = settings
        self.training_rows: dict[int, int] = {}
        self.shared: Arrays = {}

    def run(self) -> FederationResult:
        """Ask for summaries, agree on a preprocessor, train each model, judge it.

        Raises
        ------
        PartialRunError
            When fewer hospitals than the settings' minimum take part.
        """
        # Flower's strategies draw from it.
        random.seed(self.settings.seed)
        hospitals = self.members()
        summary = merge_summaries(answer.summary for answer in hospitals.values())
        preparation = prepare(self.view, summary, self.settings)
        result = FederationResult(self.view, hospitals, summary, preparation)
        for name in self.settings.models:
            result.models[name] = self.train(name, preparation)
        result.federated = self.evaluate(preparation, result.models)
        if self.settings.compare_alone:
            result.alone = self.evaluate_alone()
        result.rounds = self.grid.records
        return result

    def question(
        self, preparation: Preparation | None = None, model: ModelName | None = None
    ) -> Question:
        """Write a question of this run."""
        return Question(
            contract_hash=self.contract.hash,
            settings=self.settings,
            preparation=preparation,
            model=model,
        )

    def ask(
        self,
        message_type: str,
        question: Question,
        schema: type[Answer],
        arrays: dict[str, ArrayRecord] | None = None,
    ) -> dict[int, Answer]:
        """Put one question to all members; answers that do not follow the schema are left out."""
        self.grid.begin("")
        nodes = list(self.grid.get_node_ids())
        replies = self.grid.send_and_receive(questions_to(nodes, message_type, question, arrays))
        answers, unusable = {}, {}
        for reply in replies:
            if reply.has_error():
                continue
            node = reply.metadata.src_node_id
            try:
                answers[node] = read_answer(schema, reply)
                self.check(answers[node])
            except JuntosError as error:
                answers.pop(node, None)
                unusable[node] = error.what
        self.grid.leave_out(unusable)
        return answers

    def check(self, answer: BaseModel) -> None:
        """Refuse an answer whose numbers do not fit the contract."""
        if isinstance(answer, SummaryAnswer):
            answer.summary.check(self.view)
        if isinstance(answer, EvaluationAnswer):
            for evaluation in answer.evaluations.values():
                if evaluation.finest.classes != self.view.leaves:
                    raise JuntosError("an evaluation over other classes than the contract's")
                if evaluation.group.classes != self.view.groups:
                    raise JuntosError("an evaluation over other groups than the contract's")

    def members(self) -> dict[str, SummaryAnswer]:
        """Return who takes part: as an earlier process settled it, or by asking now."""
        stored = self.checkpoint.members()
        if stored is None:
            hospitals = self.ask_for_summaries()
            self.checkpoint.save_members(
                Members(hospitals=hospitals, rounds=len(self.grid.records))
            )
        else:
            hospitals = stored.hospitals
            self.grid.records = self.earlier[: stored.rounds]
        nodes = {name: node for node, name in self.grid.names.items()}
        self.refuse_unknown(set(hospitals) - set(nodes))
        self.grid.members = {nodes[name] for name in hospitals}
        self.training_rows = {nodes[name]: each.training_rows for name, each in hospitals.items()}
        return hospitals

    def refuse_unknown(self, hospitals: set[str]) -> None:
        """Refuse to go on with a run some of whose hospitals are enrolled no more."""
        if hospitals:
            raise JuntosError(
                f"No longer enrolled: {', '.join(sorted(hospitals))}.",
                "Train anew with the hospitals that are.",
            )

    def ask_for_summaries(self) -> dict[str, SummaryAnswer]:
        """Ask what data there are; those who answer are the run's members."""
        answers = self.ask(SUMMARISE, self.question(), SummaryAnswer)
        if len(answers) < self.settings.minimum_hospitals:
            reasons = "; ".join(f"{k}: {v}" for k, v in self.grid.records[-1].left_out.items())
            raise PartialRunError(
                f"{len(answers)} hospitals gave a summary; the run needs at least "
                f"{self.settings.minimum_hospitals}. {reasons}",
                "Run `juntos node check` at the hospitals named.",
            )
        return {self.grid.hospital(node): answer for node, answer in answers.items()}

    def train(self, name: ModelName, preparation: Preparation) -> Arrays:
        """Train one kind of model over its rounds."""
        settings = self.settings.of_model(name)
        model = create_model(
            name, settings, preparation.columns, preparation.classes, self.settings.seed
        )
        begin = self.checkpoint.progress(name) or Progress(0, model.initial_arrays())
        if begin.rounds:
            self.grid.records = self.earlier[: begin.rounds]
        if isinstance(model, BoostedTrees) and model.settings.method == "histograms":
            return self.trained(model, self.grow_together(model, preparation, begin))
        strategy = create_strategy(name, self.settings)
        self.shared = begin.arrays
        self.grid.begin(
            name,
            AnswerChecks(
                accept=lambda reply: self.check_step(model, reply),
                compare=lambda replies: self.check_together(model, replies),
            ),
            begin.number,
        )
        config = question_record(self.question(preparation, name))
        last = train_rounds(
            strategy, self.grid, begin, settings.rounds, config, lambda each: self.keep(name, each)
        )
        if isinstance(model, RandomForest) and model.settings.refill and last.trained:
            last = self.refill(preparation, last)
        return self.trained(model, last)

    def refill(self, preparation: Preparation, grown: Progress) -> Progress:
        """Fill the forest's leaves with what all hospitals' rows say of them."""
        if grown.number > 1:
            return grown
        question = self.question(preparation, "random_forest")
        arrays = refill_leaves(self.grid, question, grown.arrays)
        last = replace(grown, number=2, arrays=arrays)
        self.keep("random_forest", last)
        return last

    def grow_together(
        self, model: BoostedTrees, preparation: Preparation, begin: Progress
    ) -> Progress:
        """Let all hospitals grow each tree together."""
        weights = np.array(preparation.class_weights)
        boosting = FederatedBoosting(
            self.grid,
            model,
            self.question(preparation, "boosted_trees"),
            scale_bits(sum(self.training_rows.values()), float(weights.max())),
            begin.arrays,
        )
        last = begin
        begin_at = intercept(np.array(preparation.class_frequencies), weights)
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

    def evaluate(
        self, preparation: Preparation, models: Mapping[ModelName, Arrays]
    ) -> EvaluationsByHospital:
        """Ask each hospital to judge the shared models on its held-out rows."""
        records: dict[str, ArrayRecord] = {
            name: array_record(arrays) for name, arrays in models.items()
        }
        answers = self.ask(EVALUATE, self.question(preparation), EvaluationAnswer, records)
        return {self.grid.hospital(node): answer.evaluations for node, answer in answers.items()}

    def evaluate_alone(self) -> EvaluationsByHospital:
        """Ask each hospital what it would have had alone."""
        answers = self.ask(ALONE, self.question(), EvaluationAnswer)
        return {self.grid.hospital(node): answer.evaluations for node, answer in answers.items()}
