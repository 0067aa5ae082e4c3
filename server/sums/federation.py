"""One run that asks for sums only, readable as a script."""

from __future__ import annotations

import random
from collections.abc import Sequence

from server.checkpoint import Checkpoint, Members, NoCheckpoint, Progress
from server.federation_result import FederationResult
from server.recording_grid import RecordingGrid
from server.rounds import RoundRecord
from server.sums.asking import FederationSums
from server.sums.conformal import calibrator_of
from server.sums.exact_training import ExactTraining
from server.sums.judging import Judging
from server.sums.keys import exchange_keys
from server.sums.noised_training import NoisedTraining
from shared.contract import Contract
from shared.models.base import Arrays
from shared.preparation import Preparation, prepare
from shared.privacy.evaluation_vector import score_bins
from shared.privacy.gaussian_budget import NOTHING_HIDDEN, GaussianBudget, Spending, divide_budget
from shared.privacy.guarantee import Guarantee
from shared.privacy.noised_summary import noised_summary
from shared.privacy.sum_question import SumHeader
from shared.privacy.summary_vector import vector_of
from shared.questions import Question, SummaryAnswer
from shared.run_settings import ModelName, RunSettings
from shared.statistics import Summary

# Under this name a run of sums gives its figures: nobody knows those of one hospital.
TOGETHER = "all hospitals"


class SumFederation:
    """Learns everything from sums, with noise or under masks; takes what `Federation` takes."""

    def __init__(
        self,
        grid: RecordingGrid,
        contract: Contract,
        settings: RunSettings,
        checkpoint: Checkpoint | None = None,
        earlier: Sequence[RoundRecord] = (),
    ) -> None:
        self.grid = grid
        self.contract = contract
        self.view = settings.task.contract(contract)
        self.settings = settings
        self.checkpoint = checkpoint or NoCheckpoint()
        self.earlier = list(earlier)
        self.sums = FederationSums(grid, settings.privacy.assumed_honest)

    def run(self) -> FederationResult:
        """Ask for a summary, train each model, judge them all at once.

        A run that goes on asks for nothing again that was paid for.

        Raises
        ------
        PartialRunError
            When fewer hospitals than the settings' minimum take part.
        """
        random.seed(self.settings.seed)
        budget = divide_budget(self.settings.privacy, self.settings.models)
        hospitals = self.members(budget)
        summary = next(iter(hospitals.values())).summary
        preparation = prepare(self.view, summary, self.settings)
        result = FederationResult(self.view, hospitals, summary, preparation)
        for name in self.settings.models:
            result.models[name] = self.train(name, budget, preparation)
        self.judge(budget, result)
        if self.settings.privacy.is_private:
            # The models share the run's promise with its summary and figures; it holds for each.
            result.guarantees = dict.fromkeys(result.models, self.promise())
        result.rounds = self.grid.records
        return result

    def promise(self) -> Guarantee:
        """Return what every patient is promised."""
        privacy = self.settings.privacy
        return Guarantee(
            epsilon=privacy.epsilon,
            delta=privacy.delta,
            assumed_honest=privacy.assumed_honest,
        )

    def members(self, budget: GaussianBudget) -> dict[str, SummaryAnswer]:
        """Return who takes part: as an earlier process settled it, or by asking now."""
        stored = self.checkpoint.members()
        if stored is not None:
            nodes = {name: node for node, name in self.grid.names.items()}
            self.grid.members = {nodes[name] for name in stored.hospitals if name in nodes}
            self.grid.records = self.earlier[: stored.rounds]
        if self.settings.privacy.masks:
            self.sums.secret_run = exchange_keys(self.grid)
        if stored is not None:
            return stored.hospitals
        summary = self.summary(budget)
        hospitals = {name: told_together(summary) for name in self.grid.records[-1].answered}
        self.checkpoint.save_members(Members(hospitals=hospitals, rounds=len(self.grid.records)))
        return hospitals

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

    def summary(self, budget: GaussianBudget) -> Summary:
        """Ask what data there are; those who answer are the run's members."""
        privacy = self.settings.privacy
        vector = vector_of(self.view, privacy)
        header = SumHeader(
            purpose="summary", noise_multiplier=budget.summary.noise_multiplier(releases=1)
        )
        found = self.sums.ask(self.question(), header, (vector.size,))
        answered = self.grid.records[-1].answered
        self.grid.members = {node for node, name in self.grid.names.items() if name in answered}
        deviation = self.sums.deviation(header, vector.sensitivity, found.hospitals)
        return noised_summary(self.view, privacy, found.values.astype(float), deviation)

    def train(self, name: ModelName, budget: GaussianBudget, preparation: Preparation) -> Arrays:
        """Train one kind of model."""

        def keep(progress: Progress) -> None:
            progress.rounds = len(self.grid.records)
            self.checkpoint.save_progress(name, progress)

        begin = self.checkpoint.progress(name)
        if begin is not None:
            self.grid.records = self.earlier[: begin.rounds]
        training: NoisedTraining | ExactTraining = (
            NoisedTraining(self.sums, self.settings, preparation, self.spending(name, budget), keep)
            if self.settings.privacy.is_private
            else ExactTraining(self.sums, self.settings, preparation, keep)
        )
        return training.train(name, self.question(preparation, name), begin)

    def spending(self, name: ModelName, budget: GaussianBudget) -> Spending:
        """Return what a model may spend; one whose steps draw patients needs less noise for it."""
        privacy = self.settings.privacy
        if name != "neural_network" or privacy.sampling_rate == 1:
            return budget.model
        from server.sums.sampled_noise import sampled_spending

        return sampled_spending(privacy, budget, len(self.settings.models))

    def judge(self, budget: GaussianBudget, result: FederationResult) -> None:
        """Ask how good the models are, what they give away, and for whom they are worse."""
        if budget.evaluation is None or budget.membership is None:
            return
        preparation, privacy = result.preparation, self.settings.privacy
        question = self.question(preparation)
        judging = Judging(self.sums, self.view, question, preparation, result.models)
        judged = judging.evaluations(budget.evaluation)
        result.federated = {TOGETHER: judged}
        chosen, bins = self.settings.calibration, score_bins(privacy)
        result.calibrators = {
            name: calibrator_of(each, chosen.coverages, bins) for name, each in judged.items()
        }
        result.attacks.membership = {TOGETHER: judging.membership(budget.membership)}
        if not privacy.is_private and self.settings.compare_alone:
            pairs, result.harmed = judging.pairs(NOTHING_HIDDEN)
            result.pairs = {TOGETHER: pairs}


def told_together(summary: Summary) -> SummaryAnswer:
    """Return what is known of one hospital: nothing but what all together told."""
    return SummaryAnswer(
        data_version="", training_rows=0, held_out_rows=0, rows_set_aside=0, summary=summary
    )
