"""One run that learns to rank diseases, readable as a script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from flwr.serverapp import Grid

from server.ranking.asking import RankingQuestions
from server.ranking.figures import RankingFigures, ranking_figures
from server.ranking.merging import merged_folds
from server.ranking.progress import Begun, RankingProgress
from server.ranking.secret_asking import SecretRankingQuestions
from server.recording_grid import RecordingGrid
from server.rounds import RoundObserver, RoundRecord
from shared.contract import Contract
from shared.errors import JuntosError
from shared.knowledge import Matcher, Published
from shared.knowledge.compiled import knowledge_arrays, published_of
from shared.models.base import Arrays
from shared.ranking.disease_sums import DiseaseSums, merged
from shared.ranking.learned_ranker import LearnedRanker
from shared.ranking_learning.candidates_of_run import candidates_of_run
from shared.ranking_learning.learning import RankerLearning, Step
from shared.ranking_learning.messages import EVALUATE, RankedCases, fold_arrays, folds_of
from shared.run_settings import RunSettings

Questions = RankingQuestions | SecretRankingQuestions


@dataclass(frozen=True)
class LearnedRanking:
    """What a run brought.

    Attributes
    ----------
    published : Published
        With the names of all candidates.
    diseases : list of str
    sums : DiseaseSums
        Of all hospitals' training cases.
    ranker : LearnedRanker
    figures : RankingFigures
        On held-out cases of all hospitals.
    hospitals : dict of str to RankedCases
    left_out : dict of str to str
        Hospitals that are missing from the run or a part of it, with the reason.
    rounds : list of RoundRecord
    losses : list of float
    """

    published: Published
    diseases: list[str]
    sums: DiseaseSums
    ranker: LearnedRanker
    figures: RankingFigures
    hospitals: dict[str, RankedCases]
    left_out: dict[str, str]
    rounds: list[RoundRecord]
    losses: list[float]

    @property
    def diseases_with_cases(self) -> int:
        """How many have any in training."""
        return int((self.sums.cases > 0).sum())

    @property
    def training_cases(self) -> int:
        """Of all hospitals."""
        return int(self.sums.cases.sum())


class LearningRun:
    """Learns to rank with all hospitals that are there.

    Parameters
    ----------
    grid : Grid
        Any way to reach hospitals.
    names : mapping of int to str
        Enrolled name of each node.
    published : Published
    progress : RankingProgress, optional
        Where to go on from, and where to keep how far it is.
    """

    def __init__(
        self,
        grid: Grid,
        names: Mapping[int, str],
        contract: Contract,
        settings: RunSettings,
        published: Published,
        observer: RoundObserver,
        progress: RankingProgress | None = None,
    ) -> None:
        self.grid = RecordingGrid(grid, names, settings, observer)
        self.contract, self.settings, self.progress = contract, settings, progress
        view = settings.task.contract(contract)
        leaves = {code: view.classes[code].name for code in view.leaves}
        self.knowledge = knowledge_arrays(published, leaves)
        self.published = published_of(self.knowledge)
        self.diseases = candidates_of_run(
            self.published.table.diseases,
            orphanet=settings.ranking.orphanet,
            always=view.leaves,
        )

    def run(self) -> LearnedRanking:
        """Ask for sums, learn from gradients, judge on held-out cases.

        Raises
        ------
        PartialRunError
            When fewer hospitals than the settings' minimum take part, or they tell too little.
        """
        # Sums over few numbers take longer on several threads than on one.
        torch.set_num_threads(1)
        questions = self._questions()
        begun = self._begun(questions)
        questions.use_sums(begun.sums)
        state = self.progress.state() if self.progress else None
        learning = RankerLearning(
            questions,
            self.settings.ranking,
            self.settings.seed,
            self.progress.save_state if self.progress else lambda _state: None,
        )
        ranker = learning.run(state)
        counts = questions(Step(EVALUATE, mixing=ranker.mixing), {})
        return LearnedRanking(
            published=self.published,
            diseases=self.diseases,
            sums=merged(folds_of(begun.sums)),
            ranker=ranker,
            figures=self._figures(counts),
            hospitals=begun.hospitals,
            left_out={**begun.left_out, **self._lost()},
            rounds=self.grid.records,
            losses=learning.losses,
        )

    def _questions(self) -> Questions:
        if not self.settings.privacy.masks:
            return RankingQuestions(self.grid, self.contract, self.settings, self.knowledge)
        return SecretRankingQuestions(
            self.grid,
            self.contract,
            self.settings,
            self.knowledge,
            self.published,
            Matcher(self.published.knowledge(self.diseases)),
        )

    def _told(self, questions: Questions) -> tuple[dict[str, RankedCases], list[list[DiseaseSums]]]:
        shape = (len(self.diseases), len(self.published.findings.codes))
        ranking = self.settings.ranking
        if isinstance(questions, SecretRankingQuestions):
            hospitals, sums = questions.cases(shape, ranking.folds, ranking.fewest_cases)
            return hospitals, [sums]
        told = questions.cases(shape, ranking.folds)
        hospitals = {name: cases for name, (cases, _) in told.items()}
        return hospitals, [each for _, each in told.values()]

    def _begun(self, questions: Questions) -> Begun:
        stored = self.progress.begun() if self.progress else None
        if stored is not None:
            nodes = {name: node for node, name in self.grid.names.items()}
            self.grid.members = {nodes[name] for name in stored.hospitals if name in nodes}
            if isinstance(questions, SecretRankingQuestions):
                questions.begin()
            return stored
        hospitals, parts = self._told(questions)
        sums = merged_folds(parts, self.settings.ranking.fewest_cases)
        begun = Begun(
            hospitals=hospitals,
            left_out=dict(self.grid.records[-1].left_out),
            sums=fold_arrays(sums),
        )
        if self.progress:
            self.progress.save_begun(begun)
        return begun

    def _lost(self) -> dict[str, str]:
        records: Sequence[RoundRecord] = self.grid.records
        return {name: why for each in records for name, why in each.left_out.items()}

    def _figures(self, counts: Arrays) -> RankingFigures:
        try:
            return ranking_figures({name: np.asarray(each) for name, each in counts.items()})
        except (KeyError, ValueError):
            raise JuntosError("The hospitals' counts of held-out cases cannot be read.") from None
