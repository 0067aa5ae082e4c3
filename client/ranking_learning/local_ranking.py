"""One hospital's cases in a run that learns to rank, from its records to what it sums."""

from __future__ import annotations

import zlib

import numpy as np

from client.ranking_learning.cases import LabelledCases
from client.ranking_learning.parts import (
    fold_numbers,
    some_of_each,
)
from shared.errors import JuntosError
from shared.knowledge import Matcher, Published
from shared.models.base import Arrays
from shared.ranking.candidates import Candidates, candidates_of, joined
from shared.ranking.case_evidence import CaseEvidence
from shared.ranking.case_weights import case_weights
from shared.ranking.disease_sums import DiseaseSums, merged, sum_cases
from shared.ranking.learned_ranker import LearnedRanker, TrainingCases
from shared.ranking_learning.local_training import LocalTraining
from shared.ranking_learning.ranks import counted, nothing_counted, ranks_of
from shared.ranking_learning.settings import RankingSettings

# Cases of one source that a ranker learns from: they are alike.
PER_SOURCE = 8


class LocalRanking:
    """A hospital's cases behind the questions of one run.

    Parameters
    ----------
    hospital : str
    published : Published
    diseases : list of str
        The candidates.
    training, held_out : LabelledCases
    settings : RankingSettings
    seed : int
    smallest : int
        Rows that a told count must be of.

    Attributes
    ----------
    training, held_out : LabelledCases
    matcher : Matcher
    diseases : list of str
    learning : LocalTraining or None
        Once sums of all hospitals are known.
    """

    def __init__(
        self,
        hospital: str,
        published: Published,
        diseases: list[str],
        training: LabelledCases,
        held_out: LabelledCases,
        settings: RankingSettings,
        seed: int,
        smallest: int,
    ) -> None:
        self.training, self.held_out = training, held_out
        self._folds = fold_numbers(self.training, settings.folds, seed, smallest)
        self._findings, self.diseases = published.findings, diseases
        self.matcher = Matcher(published.knowledge(diseases))
        self._settings, self._smallest = settings, smallest
        self._seed = (seed, zlib.crc32(hospital.encode()))
        self.learning: LocalTraining | None = None

    def fold_sums(self) -> list[DiseaseSums]:
        """Return the sums of each fold.

        Where counts must be of enough patients, every case weighs one.
        """
        found = []
        for fold in range(self._settings.folds):
            part = self.training.take(np.flatnonzero(self._folds == fold))
            sources = (
                part.sources if self._smallest == 1 else [str(row) for row in range(len(part))]
            )
            found.append(
                sum_cases(self._findings, part.table, part.rows, sources, len(self.diseases))
            )
        return found

    def use_sums(self, sums: list[DiseaseSums]) -> None:
        """Score every case by the sums of all hospitals without its own fold.

        Raises
        ------
        JuntosError
            When the sums are of other candidates or folds.
        """
        shape = (len(self.diseases), len(self._findings.codes))
        if len(sums) != self._settings.folds or any(each.above.shape != shape for each in sums):
            raise JuntosError("sums of other diseases than those of the run")
        self._evidence = CaseEvidence(self._findings, merged(sums))
        kept = some_of_each(self.training, PER_SOURCE)
        parts: list[tuple[np.ndarray, Candidates, np.ndarray, np.ndarray]] = []
        for fold in range(self._settings.folds):
            rows = kept[self._folds[kept] == fold]
            if not len(rows):
                continue
            others = merged([each for number, each in enumerate(sums) if number != fold])
            parts.append((rows, *self._scored(rows, CaseEvidence(self._findings, others))))
        rows = np.concatenate([each[0] for each in parts])
        cases = self.training.take(rows)
        training = TrainingCases(
            candidates=joined([each[1] for each in parts]),
            truth=cases.rows,
            weights=case_weights(cases.sources, np.concatenate([each[3] for each in parts])),
            folds=self._folds[rows],
            hospitals=np.zeros(len(rows), dtype=np.int64),
            matched=np.concatenate([each[2] for each in parts]),
            without_cases=np.concatenate([each[3] for each in parts]) == 0,
        )
        passes = max(self._settings.passes, self._settings.gate_passes)
        draws = np.random.default_rng(self._seed).random((len(rows), passes))
        self.learning = LocalTraining(training, draws, self._settings.folds, self._smallest)

    def _scored(
        self, rows: np.ndarray, evidence: CaseEvidence
    ) -> tuple[Candidates, np.ndarray, np.ndarray]:
        cases = self.training.take(rows)
        found, match, *_ = candidates_of(
            cases.table, evidence, self.matcher, excluded=self._settings.excluded
        )
        known = self.matcher.knowledge.annotated[cases.rows] > 0
        matched = np.where(known, ranks_of(match, cases.rows), np.inf)
        return found, matched, evidence.cases[cases.rows]

    def evaluate(self, ranker: LearnedRanker) -> Arrays:
        """Count how far up the right disease of held-out cases stands."""
        cases = self.held_out
        if not len(cases):
            return nothing_counted()
        found, match, *_ = candidates_of(
            cases.table, self._evidence, self.matcher, excluded=self._settings.excluded
        )
        return counted(
            ranker.rank(found),
            ranks_of(match, cases.rows),
            cases.rows,
            self._evidence.cases[cases.rows],
            ranker.mixing.cut_off,
        )
