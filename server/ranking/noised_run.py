"""One run that ranks diseases under a formal guarantee, readable as a script.

Three sums with noise are all that it learns: how many training cases each disease has; of diseases
that stand out, the sum of their cases as vectors of length 1; and how far up the right disease of
held-out cases stands. Each is asked once, and kept before anything builds on it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from flwr.serverapp import Grid

from server.ranking.asking import MODEL
from server.ranking.figures import RankingFigures
from server.ranking.noised_figures import noised_figures
from server.ranking.progress import Paid, RankingProgress
from server.ranking.summed_steps import SummedSteps
from server.recording_grid import RecordingGrid
from server.rounds import RoundObserver, RoundRecord
from shared.contract import Contract
from shared.errors import SettingsError
from shared.knowledge import Published
from shared.knowledge.compiled import knowledge_arrays, published_of
from shared.models.base import Arrays
from shared.privacy.fixed_sums import BITS, fixed_sum
from shared.privacy.gaussian_budget import Spending, mu_of
from shared.privacy.sum_question import SumHeader
from shared.ranking.noised_centroids import NoisedCentroids, kept_rows, noise_of
from shared.ranking.noised_places import SIZE, NoisedPlaces
from shared.ranking_learning.candidates_of_run import candidates_of_run
from shared.ranking_learning.learning import Step
from shared.ranking_learning.messages import (
    CENTROIDS,
    KEPT,
    KNOWLEDGE,
    NOISED_COUNTS,
    NOISED_PLACES,
    NOISED_SUMS,
    ROWS,
    RankedCases,
)
from shared.ranking_learning.noised_arrays import centroid_arrays
from shared.run_settings import RunSettings


@dataclass(frozen=True)
class NoisedRanking:
    """What a run brought.

    Attributes
    ----------
    published : Published
        With the names of all candidates.
    diseases : list of str
    centroids : NoisedCentroids
    places : NoisedPlaces
    figures : RankingFigures
        On held-out cases of all hospitals.
    hospitals : dict of str to RankedCases
        Who took part; nobody knows how many cases one has.
    left_out : dict of str to str
    rounds : list of RoundRecord
    losses : list of float
        None: nothing is minimised.
    """

    published: Published
    diseases: list[str]
    centroids: NoisedCentroids
    places: NoisedPlaces
    figures: RankingFigures
    hospitals: dict[str, RankedCases]
    left_out: dict[str, str]
    rounds: list[RoundRecord]
    losses: list[float] = field(default_factory=list)

    @property
    def diseases_with_cases(self) -> int:
        """How many stand out of the noise."""
        return len(self.centroids.rows)

    @property
    def training_cases(self) -> int:
        """Of these diseases, with noise."""
        return round(float(self.centroids.cases.sum()))


class NoisedRankingRun:
    """Learns to rank with noised sums; see `LearningRun`.

    Raises
    ------
    SettingsError
        When nothing may be spent on judging: probabilities come from that.
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
        if not 0 < settings.privacy.evaluation_share < 1:
            raise SettingsError(
                "A ranking with a formal guarantee needs a part of the budget for judging, which "
                "its probabilities come from.",
                "Set privacy.evaluation_share, for example to 0.1.",
            )
        self.grid = RecordingGrid(grid, names, settings, observer)
        self.settings, self._progress = settings, progress
        view = settings.task.contract(contract)
        leaves = {code: view.classes[code].name for code in view.leaves}
        knowledge = knowledge_arrays(published, leaves)
        self.published = published_of(knowledge)
        self.diseases = candidates_of_run(
            self.published.table.diseases,
            orphanet=settings.ranking.orphanet,
            always=view.leaves,
        )
        self._steps = SummedSteps(self.grid, contract, settings)
        self._steps.keep(KNOWLEDGE, knowledge)

    def run(self) -> NoisedRanking:
        """Ask for counts, for sums, and for how good that is.

        Raises
        ------
        PartialRunError
            When fewer hospitals than the settings' minimum take part.
        """
        privacy = self.settings.privacy
        whole = mu_of(privacy.epsilon, privacy.delta) ** 2
        judging = Spending(whole * privacy.evaluation_share)
        count_noise, sum_noise = noise_of(whole * (1 - privacy.evaluation_share))
        self._begin()
        counts = self._paid(Step(NOISED_COUNTS, 0), {}, count_noise, len(self.diseases), 1.0)
        hospitals = self._members(counts)
        centroids = self._centroids(counts, sum_noise)
        along = {CENTROIDS: centroid_arrays(centroids)}
        noise = judging.noise_multiplier(releases=1)
        told = self._paid(Step(NOISED_PLACES, 2), along, noise, SIZE, math.sqrt(2))
        places = NoisedPlaces.read(told.told, told.deviation)
        lost = {name: why for each in self.grid.records for name, why in each.left_out.items()}
        return NoisedRanking(
            published=self.published,
            diseases=self.diseases,
            centroids=centroids,
            places=places,
            figures=noised_figures(places),
            hospitals=hospitals,
            left_out={**counts.left_out, **lost},
            rounds=self.grid.records,
        )

    def _begin(self) -> None:
        stored = self._progress.paid(NOISED_COUNTS) if self._progress else None
        if stored is not None:
            nodes = {name: node for node, name in self.grid.names.items()}
            self.grid.members = {nodes[name] for name in stored.hospitals if name in nodes}
        if self.settings.privacy.masks:
            self._steps.begin()

    def _members(self, counts: Paid) -> dict[str, RankedCases]:
        nodes = {name: node for node, name in self.grid.names.items()}
        self.grid.members = {nodes[name] for name in counts.hospitals if name in nodes}
        nothing = RankedCases(data_version="", training=0, held_out=0)
        return dict.fromkeys(counts.hospitals, nothing)

    def _centroids(self, counts: Paid, noise: float) -> NoisedCentroids:
        rows = kept_rows(counts.told, counts.deviation)
        shape = (len(rows), len(self.published.findings.codes))
        size = int(np.prod(shape))
        cases = counts.told[rows].astype(np.float32)
        if not size:
            return NoisedCentroids(rows, cases, np.zeros(shape, dtype=np.float32), 1.0)
        along = {KEPT: {ROWS: rows}}
        found = self._paid(Step(NOISED_SUMS, 1), along, noise, size, 1.0)
        return NoisedCentroids(
            rows=rows,
            cases=cases,
            sums=found.told.reshape(shape).astype(np.float32),
            deviation=found.deviation,
        )

    def _paid(
        self, step: Step, along: Mapping[str, Arrays], noise: float, size: int, sensitivity: float
    ) -> Paid:
        """Ask for a sum once; one that was paid for is not asked for again."""
        stored = self._progress.paid(step.what) if self._progress else None
        if stored is not None:
            return stored
        header = SumHeader(purpose="noised ranking", step=step.number + 1, noise_multiplier=noise)
        bound = math.ldexp(fixed_sum(np.zeros(size), sensitivity).sensitivity, -BITS)
        model = MODEL if step.what == NOISED_PLACES else ""
        found = self._steps.ask(step, along, header, size, model)
        paid = Paid(
            values=found.values,
            deviation=self._steps.sums.deviation(header, bound, found.hospitals),
            hospitals=list(found.members),
            left_out=dict(self.grid.records[-1].left_out),
        )
        if self._progress:
            self._progress.save_paid(step.what, paid)
        return paid
