"""One run of a federation, readable as a script of questions to the hospitals."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from flwr.app import Message
from flwr.serverapp import Grid
from pydantic import BaseModel

from server.attacking import Attacking
from server.calibrating import Calibrating, Calibration, messages_to_judge
from server.checkpoint import Checkpoint, Members, NoCheckpoint
from server.comparison import Comparison, PairsByHospital, Previous
from server.federation_result import EvaluationsByHospital, FederationResult
from server.model_training import ModelTraining
from server.recording_grid import RecordingGrid
from server.rounds import RoundObserver, RoundRecord
from server.sums.federation import SumFederation
from shared.contract import Contract
from shared.errors import JuntosError, PartialRunError
from shared.models.base import Arrays
from shared.preparation import Preparation, prepare
from shared.questions import (
    ALONE,
    SUMMARISE,
    EvaluationAnswer,
    Question,
    SummaryAnswer,
    questions_to,
    read_answer,
)
from shared.run_settings import ModelName, RunSettings
from shared.statistics import merge_summaries

Answer = TypeVar("Answer", bound=BaseModel)


@dataclass(frozen=True)
class Plan:
    """What a run asks beyond training with everyone and judging what that gave.

    Attributes
    ----------
    not_learning : frozenset of str
        Hospitals that models are judged at but not trained with.
    compare : bool
        Ask how the shared models do on the rows where those of a hospital alone do well or badly.
    previous : Previous, optional
        The model before, for the same comparison.
    calibrate : bool
        Fit calibrators, and judge what they give.
    attack : bool
        Ask how sure the shared models are of rows that they learned from, and of others.
    """

    not_learning: frozenset[str] = frozenset()
    compare: bool = False
    previous: Previous | None = None
    calibrate: bool = True
    attack: bool = False


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
    plan : Plan, optional
        What else than to train with everyone and judge.
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
        plan: Plan | None = None,
    ) -> None:
        self.grid = RecordingGrid(grid, names, settings, observer)
        self.checkpoint = checkpoint or NoCheckpoint()
        self.earlier = list(earlier)
        self.contract = contract
        self.view = settings.task.contract(contract)
        self.settings = settings
        self.plan = plan or Plan()
        self.training_rows: dict[int, int] = {}

    def run(self) -> FederationResult:
        """Ask for summaries, agree on a preprocessor, train each model, judge it.

        Raises
        ------
        PartialRunError
            When fewer hospitals than the settings' minimum take part.
        """
        if self.settings.privacy.only_sums:
            return SumFederation(
                self.grid, self.contract, self.settings, self.checkpoint, self.earlier
            ).run()
        # Flower's strategies draw from it.
        random.seed(self.settings.seed)
        hospitals = self.members()
        everyone = self.grid.members
        self.grid.members = self.learners()
        learning = [each for name, each in hospitals.items() if name not in self.plan.not_learning]
        summary = merge_summaries(answer.summary for answer in learning)
        preparation = prepare(self.view, summary, self.settings)
        result = FederationResult(self.view, hospitals, summary, preparation)
        result.models = self.train(preparation)
        self.grid.members = everyone
        calibration = Calibration()
        if self.plan.calibrate:
            question = self.question(preparation)
            calibration = Calibrating(self.grid, question, result.models).carry_out()
        result.calibrators = calibration.calibrators
        result.federated = self.evaluate(preparation, result.models, calibration)
        if self.plan.compare:
            comparison = Comparison(preparation, result.models, self.plan.previous)
            result.alone, result.pairs = self.compare(comparison)
            if self.plan.previous is not None:
                result.champion = self.evaluate_previous(self.plan.previous)
        elif self.settings.compare_alone:
            result.alone = self.evaluate_alone()
        if self.plan.attack:
            question = self.question(preparation)
            attacking = Attacking(self.grid, question, result.models, hospitals)
            result.attacks = attacking.carry_out()
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

    def ask(self, message_type: str, question: Question, schema: type[Answer]) -> dict[int, Answer]:
        """Put one question to all members; answers that do not follow the schema are left out."""
        self.grid.begin("")
        nodes = list(self.grid.get_node_ids())
        return self.answers_to(questions_to(nodes, message_type, question), schema)

    def answers_to(self, messages: list[Message], schema: type[Answer]) -> dict[int, Answer]:
        """Send questions; answers that do not follow the schema are left out."""
        replies = self.grid.send_and_receive(messages)
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

    def learners(self) -> set[int]:
        """Return the members that models are trained with."""
        members = self.grid.members or set()
        return {node for node in members if self.grid.hospital(node) not in self.plan.not_learning}

    def train(self, preparation: Preparation) -> dict[ModelName, Arrays]:
        """Train every kind of model."""
        training = ModelTraining(
            self.grid,
            self.settings,
            self.view,
            preparation,
            self.training_rows,
            self.checkpoint,
            self.earlier,
        )
        return {
            name: training.train(name, self.question(preparation, name))
            for name in self.settings.models
        }

    def evaluate(
        self,
        preparation: Preparation,
        models: Mapping[ModelName, Arrays],
        calibration: Calibration,
    ) -> EvaluationsByHospital:
        """Ask each hospital to judge the shared models on its held-out rows."""
        self.grid.begin("")
        question = self.question(preparation)
        messages = messages_to_judge(self.grid, question, models, calibration.honest)
        answers = self.answers_to(messages, EvaluationAnswer)
        return {self.grid.hospital(node): answer.evaluations for node, answer in answers.items()}

    def evaluate_previous(self, previous: Previous) -> EvaluationsByHospital:
        """Ask each hospital to judge the model in use on this run's held-out rows."""
        kind = previous.question.model
        if kind is None:
            return {}
        settings = previous.question.settings.model_copy(update={"holdout": self.settings.holdout})
        question = previous.question.model_copy(update={"settings": settings})
        given = {} if previous.calibrator is None else {kind: previous.calibrator}
        self.grid.begin("")
        messages = messages_to_judge(
            self.grid,
            question,
            {kind: previous.arrays},
            dict.fromkeys(self.grid.names.values(), given),
        )
        answers = self.answers_to(messages, EvaluationAnswer)
        return {self.grid.hospital(node): answer.evaluations for node, answer in answers.items()}

    def evaluate_alone(self) -> EvaluationsByHospital:
        """Ask each hospital what it would have had alone."""
        answers = self.ask(ALONE, self.question(), EvaluationAnswer)
        return {self.grid.hospital(node): answer.evaluations for node, answer in answers.items()}

    def compare(self, comparison: Comparison) -> tuple[EvaluationsByHospital, PairsByHospital]:
        """Ask each hospital how the shared models do beside its own and the one before."""
        self.grid.begin("")
        nodes = list(self.grid.get_node_ids())
        question = self.question(comparison.preparation)
        replies = self.grid.send_and_receive(comparison.questions(nodes, question))
        alone, pairs, unusable = {}, {}, {}
        for reply in replies:
            if reply.has_error():
                continue
            node = reply.metadata.src_node_id
            try:
                answer = read_answer(EvaluationAnswer, reply)
                self.check(answer)
                pairs[self.grid.hospital(node)] = comparison.read(self.settings, reply)
                alone[self.grid.hospital(node)] = answer.evaluations
            except JuntosError as error:
                unusable[node] = error.what
        self.grid.leave_out(unusable)
        return alone, pairs
