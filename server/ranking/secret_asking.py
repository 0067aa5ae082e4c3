"""The steps of a learning as secret sums: the coordinator sees those of all hospitals only."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from server.ranking.asking import MODEL
from server.ranking.summed_steps import SummedSteps
from server.recording_grid import RecordingGrid
from shared.contract import Contract
from shared.knowledge import Matcher, Published
from shared.models.base import Arrays
from shared.privacy.fixed_sums import to_floats
from shared.privacy.sum_question import SumHeader
from shared.ranking.candidates import candidates_of
from shared.ranking.case_evidence import CaseEvidence
from shared.ranking.disease_sums import CaseTable, DiseaseSums, background_of, merged
from shared.ranking.learned_ranker import TrainingCases
from shared.ranking_learning.dense_sums import (
    BLOCK,
    COLUMNS,
    DISEASES,
    Assembly,
    blocks,
    shapes_of_block,
    unflattened,
)
from shared.ranking_learning.learning import (
    COUNT,
    FINAL_GATES,
    FINAL_SCORERS,
    GATES,
    INPUTS,
    NETWORKS,
    RANKED,
    SCALES,
    SCORERS,
    Step,
)
from shared.ranking_learning.local_training import LocalTraining
from shared.ranking_learning.messages import (
    KNOWLEDGE,
    SUMS,
    RankedCases,
    folds_of,
)
from shared.ranking_learning.ranks import nothing_counted
from shared.run_settings import RunSettings

Shapes = dict[str, tuple[int, ...]]
SOMETHING = 0.5


class SecretRankingQuestions:
    """Puts steps to the hospitals of a run that promises secret sums; see `RankingQuestions`."""

    def __init__(
        self,
        grid: RecordingGrid,
        contract: Contract,
        settings: RunSettings,
        knowledge: Arrays,
        published: Published,
        matcher: Matcher,
    ) -> None:
        self.grid, self._settings = grid, settings
        self._published, self._matcher = published, matcher
        self._steps = SummedSteps(grid, contract, settings)
        self._steps.keep(KNOWLEDGE, knowledge)
        self._asked = 0
        self._like: LocalTraining | None = None
        self._ready: set[str] = set()

    def begin(self) -> None:
        """Let all members agree on masks."""
        self._steps.begin()

    def cases(
        self, shape: tuple[int, int], folds: int, fewest: int
    ) -> tuple[dict[str, RankedCases], list[DiseaseSums]]:
        """Ask which diseases and findings have cases, then for the sums of these."""
        self.begin()
        outline = self._sum(Step("outline"), {}, {DISEASES: shape[:1], COLUMNS: shape[1:]})
        answered = self.grid.records[-1].answered
        self.grid.members = {node for node, name in self.grid.names.items() if name in answered}
        diseases = np.flatnonzero(outline[DISEASES] > max(fewest, 1) - SOMETHING)
        columns = np.flatnonzero(outline[COLUMNS] > SOMETHING / 2**10)
        nobody = np.full(0, np.nan)
        empty = self._published.findings.matrix([])
        background = background_of(CaseTable(empty, empty, nobody, nobody, nobody)).shape[1]
        assembly = Assembly(shape, folds, background)
        for block in blocks(diseases, columns, folds):
            shapes = shapes_of_block(block, folds, background)
            assembly.add(block, self._sum(Step("block"), {BLOCK: block}, shapes))
        # Nobody knows how many cases one hospital has.
        nothing = RankedCases(data_version="", training=0, held_out=0)
        return dict.fromkeys(answered, nothing), assembly.sums()

    def use_sums(self, sums: Arrays) -> None:
        """Have the sums of all hospitals go along with what is asked from now on."""
        self._steps.keep(SUMS, sums)
        self._like = self._made_up(merged(folds_of(sums)))

    def __call__(self, step: Step, groups: Mapping[str, Arrays]) -> Arrays:
        """Return the sum of all hospitals' answers to a step."""
        for name, arrays in groups.items():
            if name != NETWORKS and name not in self._steps.kept:
                self._steps.keep(name, arrays)
        along = {NETWORKS: groups[NETWORKS]} if NETWORKS in groups else {}
        return self._sum(step, along, self._shapes(step, {**self._steps.kept, **along}))

    def _sum(self, step: Step, along: Mapping[str, Arrays], shapes: Shapes) -> Arrays:
        self._asked += 1
        header = SumHeader(purpose="ranking", step=self._asked, noise_multiplier=0)
        size = sum(int(np.prod(each)) for each in shapes.values())
        model = "" if step.what in ("outline", "block") else MODEL
        found = self._steps.ask(step, along, header, size, model)
        return unflattened(to_floats(found.values), shapes, step.what)

    def _made_up(self, sums: DiseaseSums) -> LocalTraining:
        """Return a training of one made-up case, whose answers have the shapes of all."""
        findings = self._published.findings
        nothing = np.full(1, np.nan)
        observed = findings.matrix([findings.codes[:1]])
        table = CaseTable(observed, 0 * observed, nothing, nothing, nothing)
        ranking = self._settings.ranking
        candidates, *_ = candidates_of(
            table, CaseEvidence(findings, sums), self._matcher, excluded=ranking.excluded
        )
        nobody = np.full(1, -1, dtype=np.int64)
        case = TrainingCases(
            candidates,
            truth=nobody,
            weights=np.ones(1, dtype=np.float32),
            folds=0 * nobody,
            hospitals=0 * nobody,
            matched=np.full(1, np.inf),
            without_cases=np.zeros(1, dtype=np.bool_),
        )
        passes = max(ranking.passes, ranking.gate_passes)
        return LocalTraining(case, np.ones((1, passes)), ranking.folds)

    def _shapes(self, step: Step, groups: Mapping[str, Arrays]) -> Shapes:
        like = self._like
        if like is None:
            raise TypeError("a step before the sums")
        uses = {
            SCALES: like.use_scales,
            FINAL_SCORERS: like.use_scorers,
            FINAL_GATES: like.use_gates,
        }
        for name, use in uses.items():
            if name in groups and name not in self._ready:
                use(groups[name])
                self._ready.add(name)
        place = (step.turn, step.step, step.steps)
        if step.what == INPUTS:
            found = like.moments()
        elif step.what == SCORERS:
            found = like.score_step(groups[NETWORKS], place)
        elif step.what == RANKED:
            found = like.width()
        elif step.what == GATES:
            found = like.gate_step(groups[NETWORKS], place)
        elif step.what == COUNT:
            found = like.count(step.counts, step.mixing, step.depth)
        else:
            found = nothing_counted()
        return {name: each.shape for name, each in found.items()}
