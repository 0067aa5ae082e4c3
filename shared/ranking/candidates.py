"""A case's candidates, and what is known of each as numbers that a ranker learns from."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from shared.knowledge.matching import KnowledgeScores, Matcher
from shared.ranking.case_evidence import CaseEvidence, CaseScores
from shared.ranking.disease_sums import CaseTable

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]
# Diseases with cases that are ranked by what was learned: the first by each of these scores.
FIRST, BY = 20, ("cosine", "leaf", "above", "bernoulli")
GAPS_OF_CASES = ("cosine", "leaf", "above", "bernoulli")
GAPS_OF_KNOWLEDGE = ("match", "likelihood")
# Of what knowledge alone says, this many diseases without cases stand in the list.
KEPT_UNSEEN = 60
# How their score falls with the logarithm of their place.
STEEPNESS, NOBODY = 2.0, -1e9
# What an excluded finding weighs beside the observed ones, for diseases without cases.
BELIEVED = 0.05
BATCH = 256


@dataclass(frozen=True)
class Candidates:
    """Of several cases; lists are padded.

    Attributes
    ----------
    seen : int array of shape (cases, width)
        Rows of diseases with cases; -1 where a list has ended.
    features : float array of shape (cases, width, features)
        Nothing that tells which findings were looked for in vain.
    against : float array of shape (cases, width)
        At most 0: what findings that were looked for in vain say against a disease. It is kept
        apart, since a network that was shown it would learn what papers on a disease look for.
    context : float array of shape (cases, contexts)
    unseen : int array of shape (cases, kept)
        Rows of diseases known from annotations alone, the best first.
    unseen_scores : float array of shape (cases, kept)
        Falling with their place.
    """

    seen: Rows
    features: Floats
    against: Floats
    context: Floats
    unseen: Rows
    unseen_scores: Floats

    def rows(self, chosen: npt.NDArray[np.int64]) -> Candidates:
        """Return those of some cases."""
        return Candidates(*(getattr(self, each.name)[chosen] for each in fields(self)))


def joined(parts: list[Candidates]) -> Candidates:
    """Put the candidates of several groups of cases one after the other."""
    width = max(part.seen.shape[1] for part in parts)
    return Candidates(
        seen=np.concatenate([_wide(part.seen, width, -1) for part in parts]),
        features=np.concatenate([_wide(part.features, width, 0) for part in parts]),
        against=np.concatenate([_wide(part.against, width, 0) for part in parts]),
        context=np.concatenate([part.context for part in parts]),
        unseen=np.concatenate([part.unseen for part in parts]),
        unseen_scores=np.concatenate([part.unseen_scores for part in parts]),
    )


def _wide(array: npt.NDArray[np.generic], width: int, filling: int) -> npt.NDArray[np.generic]:
    pad = [(0, 0), (0, width - array.shape[1]), *[(0, 0)] * (array.ndim - 2)]
    return np.pad(array, pad, constant_values=filling)


def candidates_of(
    cases: CaseTable, evidence: CaseEvidence, matcher: Matcher, *, excluded: bool
) -> tuple[Candidates, Floats, Floats]:
    """Return the candidates of cases, and two scores by knowledge alone with every disease.

    Parameters
    ----------
    excluded : bool
        Whether findings that were looked for in vain count, as evidence against.

    Returns
    -------
    Candidates
    match, fixed : array of shape (cases, diseases)
        Best match, and the fixed knowledge score.
    """
    parts, matches, fixed = [], [], []
    for start in range(0, len(cases), BATCH):
        chosen = cases.rows(np.arange(start, min(start + BATCH, len(cases))))
        known = matcher.scores(chosen.observed, chosen.excluded)
        parts.append(_of_batch(chosen, evidence, matcher, known, excluded=excluded))
        matches.append(known.match)
        fixed.append(known.fixed)
    return joined(parts), np.concatenate(matches), np.concatenate(fixed)


def _of_batch(
    cases: CaseTable,
    evidence: CaseEvidence,
    matcher: Matcher,
    known: KnowledgeScores,
    *,
    excluded: bool,
) -> Candidates:
    scores = evidence.scores(cases)
    place = _first_of_any(scores)
    rows = np.where(place >= 0, evidence.rows[place], -1)
    features = _features(scores, known, evidence, matcher, place)
    against = np.zeros(place.shape, dtype=np.float32)
    if excluded:
        against = np.take_along_axis(scores.against, place, axis=1)
        against = (against + np.take_along_axis(known.against, rows, axis=1)) * (place >= 0)
    kept, values = _unseen(known, evidence, matcher, excluded=excluded)
    context = _context(cases, scores, known, matcher, np.maximum(kept[:, 0], 0))
    return Candidates(rows, features, against.astype(np.float32), context, kept, values)


def _first_of_any(scores: CaseScores) -> Rows:
    firsts = []
    for name in BY:
        table = getattr(scores, name)
        number = min(FIRST, table.shape[1])
        firsts.append(np.argpartition(-table, number - 1, axis=1)[:, :number])
    lists = [np.unique(row) for row in np.hstack(firsts)]
    place = np.full((len(lists), max(map(len, lists))), -1, dtype=np.int64)
    for row, each in zip(place, lists, strict=True):
        row[: len(each)] = each
    return place


def _unseen(
    known: KnowledgeScores, evidence: CaseEvidence, matcher: Matcher, *, excluded: bool
) -> tuple[Rows, Floats]:
    """Take turns between two orders by knowledge; what either puts first stands high."""
    width = min(KEPT_UNSEEN, known.match.shape[1])
    places = []
    for scores in (known.fixed, known.match):
        usable = scores + (BELIEVED * known.against if excluded else 0)
        usable[:, evidence.rows] = -np.inf
        usable[:, matcher.knowledge.annotated == 0] = -np.inf
        order = np.argpartition(-usable, width - 1, axis=1)[:, :width]
        values = np.take_along_axis(usable, order, axis=1)
        order = np.where(np.isfinite(values), order, -1)
        places.append(np.take_along_axis(order, np.argsort(-values, axis=1, kind="stable"), axis=1))
    turns = np.stack(places, axis=2).reshape(len(places[0]), -1)
    kept = np.stack([_first_mentions(row) for row in turns])
    values = np.broadcast_to(-STEEPNESS * np.log1p(np.arange(KEPT_UNSEEN)), kept.shape)
    return kept, np.where(kept >= 0, values, NOBODY).astype(np.float32)


def _first_mentions(row: Rows) -> Rows:
    """Return the first rows named, each once, and -1 where there are no more."""
    named = row[row >= 0]
    _, first = np.unique(named, return_index=True)
    found = np.full(KEPT_UNSEEN, -1, dtype=np.int64)
    once = named[np.sort(first)][:KEPT_UNSEEN]
    found[: len(once)] = once
    return found


def _features(
    scores: CaseScores,
    known: KnowledgeScores,
    evidence: CaseEvidence,
    matcher: Matcher,
    place: Rows,
) -> Floats:
    rows = evidence.rows[place]
    of_cases = {each.name: getattr(scores, each.name) for each in fields(scores)}
    of_knowledge = {each.name: getattr(known, each.name) for each in fields(known)}
    del of_cases["against"], of_knowledge["against"]
    columns = [np.take_along_axis(table, place, axis=1) for table in of_cases.values()]
    columns += [np.take_along_axis(table, rows, axis=1) for table in of_knowledge.values()]
    for name in GAPS_OF_CASES:
        best = of_cases[name].max(axis=1, keepdims=True)
        columns.append(np.take_along_axis(of_cases[name], place, axis=1) - best)
    for name in GAPS_OF_KNOWLEDGE:
        best = of_knowledge[name].max(axis=1, keepdims=True)
        columns.append(np.take_along_axis(of_knowledge[name], rows, axis=1) - best)
    columns += [np.log1p(evidence.cases[rows]), np.log1p(evidence.sources[rows])]
    columns.append(np.log1p(matcher.knowledge.annotated[rows]))
    return np.stack(columns, axis=2).astype(np.float32) * (place >= 0)[:, :, None]


def _context(
    cases: CaseTable, scores: CaseScores, known: KnowledgeScores, matcher: Matcher, first: Rows
) -> Floats:
    told = cases.observed @ matcher.knowledge.information
    number = np.diff(cases.observed.indptr)
    at_first = [
        np.take_along_axis(getattr(known, name), first[:, None], axis=1)[:, 0]
        for name in ("match", "likelihood", "likelihood_above", "cosine")
    ]
    best = [getattr(scores, name).max(axis=1) for name in BY]
    best += [getattr(known, name).max(axis=1) for name in ("match", "likelihood", "cosine")]
    per_finding = [best[1] / np.maximum(number, 1), at_first[1] / np.maximum(number, 1)]
    columns = [np.log1p(number), told / 10, *best, *at_first, *per_finding]
    return np.stack(columns, axis=1).astype(np.float32)
