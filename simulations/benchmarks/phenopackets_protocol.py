"""One split of the protocol: hospitals learn, test cases are ranked."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from shared.errors import DataError
from shared.knowledge import Matcher, Published
from shared.ranking.candidates import Candidates, candidates_of, joined
from shared.ranking.case_evidence import CaseEvidence
from shared.ranking.case_weights import case_weights
from shared.ranking.disease_sums import DiseaseSums, merged, sum_cases
from shared.ranking.learned_ranker import LearnedRanker, TrainingCases, fit_ranker
from shared.ranking.summed_gradients import Schedule
from simulations.benchmarks.phenopackets_cases import PublishedCases
from simulations.benchmarks.phenopackets_figures import Judged
from simulations.benchmarks.phenopackets_private import private_ranks

FOLDS = 5
# Cases of one publication that a ranker learns from: they are alike.
PER_PUBLICATION = 8
SCHEDULE = Schedule(passes=24)
# A rank that no list is as long as.
BEYOND = 1e6
EPSILONS = (8.0, 1.0)
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Options:
    """How a split is run.

    Attributes
    ----------
    sites : int
    seed : int
    orphanet, closed : bool
        Orphanet's diseases are candidates too; only diseases in training are.
    """

    sites: int = 8
    seed: int = 0
    orphanet: bool = False
    closed: bool = False


@dataclass(frozen=True)
class Mode:
    """Which findings and annotations count."""

    leak_free: bool
    excluded: bool


MODES = {
    "leak_free": Mode(leak_free=True, excluded=False),
    "with_excluded": Mode(leak_free=True, excluded=True),
    "as_published": Mode(leak_free=False, excluded=True),
}


class Split:
    """Training and test cases that share no publication.

    Raises
    ------
    DataError
        When they share one.
    """

    def __init__(
        self, published: Published, training: PublishedCases, test: PublishedCases, options: Options
    ) -> None:
        shared = set(training.publications.tolist()) & set(test.publications.tolist())
        if shared:
            raise DataError(
                f"{len(shared)} publications have cases in training and in the test.",
                "Give files that share no publication.",
            )
        self.published, self.options = published, options
        self.training, self.test = training, test
        known = () if options.closed else published.diseases(orphanet=options.orphanet)
        self.diseases = sorted({*known, *training.diseases.tolist()})
        place = {code: row for row, code in enumerate(self.diseases)}
        self.rows = np.array([place[each] for each in training.diseases.tolist()], dtype=np.int64)
        self.truth = np.array([place.get(each, -1) for each in test.diseases.tolist()])
        generator = np.random.default_rng(options.seed)
        names = generator.permutation(np.unique(training.publications))
        number = {name: each for each, name in enumerate(names.tolist())}
        order = np.array([number[each] for each in training.publications.tolist()])
        self.folds, self.sites = order % FOLDS, order // FOLDS % options.sites
        self.learned_from = _first_of_each(training.publications, generator.permutation(len(order)))

    def sums(self, chosen: npt.NDArray[np.bool_]) -> DiseaseSums:
        """Add up what the hospitals say of some of the training cases."""
        parts = []
        for site in range(self.options.sites):
            rows = np.flatnonzero(chosen & (self.sites == site))
            cases = self.training.rows(rows)
            sources = cases.publications.tolist()
            findings = self.published.findings
            parts.append(
                sum_cases(findings, cases.table, self.rows[rows], sources, len(self.diseases))
            )
        return merged(parts)


def run_split(split: Split, modes: list[str], *, pooled: bool) -> dict[str, Judged]:
    """Learn and rank in each mode.

    Parameters
    ----------
    pooled : bool
        Whether to learn again with all cases in one place, to compare.
    """
    sums = [split.sums(split.folds == fold) for fold in range(FOLDS)]
    evidence = CaseEvidence(split.published.findings, merged(sums))
    outside = _outside(split, sums)
    found = {}
    matchers: dict[bool, tuple[Matcher, list[Matcher]]] = {}
    for name in modes:
        mode = MODES[name]
        if mode.leak_free not in matchers:
            matchers = {mode.leak_free: matchers_of(split, leak_free=mode.leak_free)}
        found[name] = _run_mode(
            split, mode, evidence, outside, *matchers[mode.leak_free], pooled=pooled
        )
    return found


def matchers_of(split: Split, *, leak_free: bool) -> tuple[Matcher, list[Matcher]]:
    """Return knowledge for the test, and for each fold of training."""
    published, diseases = split.published, split.diseases
    if not leak_free:
        whole = Matcher(published.knowledge(diseases))
        return whole, [whole] * FOLDS
    test = set(split.test.publications.tolist())
    of_folds = [
        test | set(split.training.publications[split.folds == fold].tolist())
        for fold in range(FOLDS)
    ]
    return (
        Matcher(published.knowledge(diseases, test)),
        [Matcher(published.knowledge(diseases, each)) for each in of_folds],
    )


def _run_mode(
    split: Split,
    mode: Mode,
    evidence: CaseEvidence,
    outside: list[CaseEvidence],
    matcher: Matcher,
    of_folds: list[Matcher],
    *,
    pooled: bool,
) -> Judged:
    training = _training_cases(split, mode, outside, of_folds)
    candidates, match, fixed = candidates_of(
        split.test.table, evidence, matcher, excluded=mode.excluded
    )
    ranks = {}
    ranker = fit_ranker(training, SCHEDULE, seed=split.options.seed)
    mixed = ranker.rank(candidates)
    ranks["federated"] = mixed.rank_of(split.truth)
    ranks["matching"] = _ranks(match, split.truth)
    ranks["knowledge"] = _ranks(fixed, split.truth)
    ranks["cases"] = _cases_alone(ranker, candidates, split.truth)
    if pooled:
        ranks["pooled"] = _pooled(training, split).rank(candidates).rank_of(split.truth)
    for epsilon in EPSILONS:
        ranks[f"private.{epsilon:g}"] = private_ranks(
            matcher.knowledge,
            split.training.table,
            split.rows,
            split.test.table,
            split.truth,
            fixed,
            epsilon,
            split.options.seed,
        )
    within = mixed.probabilities >= ranker.mixing.cut_off
    hit = ((mixed.rows == split.truth[:, None]) & within & (split.truth[:, None] >= 0)).any(axis=1)
    known = np.maximum(split.truth, 0)
    there = split.truth >= 0
    return Judged(
        ranks=ranks,
        first=mixed.probabilities[:, 0].astype(np.float64),
        in_set=hit,
        set_size=within.sum(axis=1),
        training_cases=np.where(there, evidence.cases[known], 0).astype(np.int64),
        annotated=np.where(there, matcher.knowledge.annotated[known], 0),
        findings=np.diff(split.test.table.observed.indptr),
        diseases=split.test.diseases,
    )


def training_cases(split: Split, mode: Mode) -> TrainingCases:
    """Return what a ranker of one mode learns from, each fold scored without itself."""
    sums = [split.sums(split.folds == fold) for fold in range(FOLDS)]
    _, of_folds = matchers_of(split, leak_free=mode.leak_free)
    return _training_cases(split, mode, _outside(split, sums), of_folds)


def _outside(split: Split, sums: list[DiseaseSums]) -> list[CaseEvidence]:
    findings = split.published.findings
    others = ([each for k, each in enumerate(sums) if k != fold] for fold in range(FOLDS))
    return [CaseEvidence(findings, merged(each)) for each in others]


def _training_cases(
    split: Split, mode: Mode, outside: list[CaseEvidence], of_folds: list[Matcher]
) -> TrainingCases:
    parts: list[Candidates] = []
    rows, matched, numbers_of = [], [], []
    for fold in range(FOLDS):
        chosen = split.learned_from[split.folds[split.learned_from] == fold]
        cases = split.training.rows(chosen)
        part, match, _ = candidates_of(
            cases.table, outside[fold], of_folds[fold], excluded=mode.excluded
        )
        parts.append(part)
        rows.append(chosen)
        numbers_of.append(outside[fold].cases[split.rows[chosen]])
        known = of_folds[fold].knowledge.annotated[split.rows[chosen]] > 0
        # Matching that meets the patient's own publication is no measure to keep up with.
        reached = _ranks(match, split.rows[chosen]) if mode.leak_free else BEYOND
        matched.append(np.where(known, reached, np.inf))
    chosen, of_disease = np.concatenate(rows), np.concatenate(numbers_of)
    return TrainingCases(
        candidates=joined(parts),
        truth=split.rows[chosen],
        weights=case_weights(split.training.publications[chosen].tolist(), of_disease),
        folds=split.folds[chosen],
        hospitals=split.sites[chosen],
        matched=np.concatenate(matched),
        without_cases=of_disease == 0,
    )


def _pooled(training: TrainingCases, split: Split) -> LearnedRanker:
    one = replace(training, hospitals=np.zeros_like(training.hospitals))
    return fit_ranker(one, SCHEDULE, seed=split.options.seed)


def _cases_alone(
    ranker: LearnedRanker, candidates: Candidates, truth: Rows
) -> npt.NDArray[np.float64]:
    """Return ranks among diseases with cases only."""
    mixed = ranker.rank(candidates)
    is_seen = np.zeros(mixed.rows.shape, dtype=np.bool_)
    for row in range(len(mixed.rows)):
        is_seen[row] = np.isin(mixed.rows[row], candidates.seen[row][candidates.seen[row] >= 0])
    place = np.cumsum(is_seen, axis=1) - 1
    found = (mixed.rows == truth[:, None]) & is_seen & (truth[:, None] >= 0)
    at = np.take_along_axis(place, found.argmax(axis=1)[:, None], axis=1)[:, 0]
    return np.where(found.any(axis=1), at, np.inf)


def _ranks(scores: npt.NDArray[np.float32], truth: Rows) -> npt.NDArray[np.float64]:
    """Return ranks from 0, the middle one among equals; infinite where there is no truth."""
    own = np.take_along_axis(scores, np.maximum(truth, 0)[:, None], axis=1)
    above, equal = (scores > own).sum(axis=1), (scores == own).sum(axis=1)
    return np.where((truth >= 0) & (own[:, 0] > 0), above + (equal - 1) / 2, np.inf)


def _first_of_each(publications: npt.NDArray[np.str_], order: Rows) -> Rows:
    taken: dict[str, int] = {}
    kept = []
    for row in order.tolist():
        number = taken.get(publications[row], 0)
        if number < PER_PUBLICATION:
            kept.append(row)
            taken[publications[row]] = number + 1
    return np.array(sorted(kept), dtype=np.int64)
