"""A hospital's part of the noised sums by which diseases are ranked under a formal guarantee.

Each patient has one record, which is either learned from or held out, whatever other patients'
records hold; its findings are one vector of length 1 in one disease's sum. Counts go in steps as
fine as those of sums: noise that is as good as continuous is accounted for more tightly.
"""

from __future__ import annotations

import math

import numpy as np
from flwr.app import Message

from client.hospital import Hospital
from client.ranking_learning.answering import groups_in, prepared
from client.ranking_learning.in_sums import rank_header
from client.ranking_learning.local_ranking import LocalRanking
from shared.errors import JuntosError
from shared.models.base import Arrays
from shared.privacy.fixed_sums import FixedSum, fixed_sum
from shared.questions import Question
from shared.ranking.noised_centroids import MOST_KEPT, summed_units, unit_cases
from shared.ranking.noised_places import counted_places
from shared.ranking_learning.messages import (
    CENTROIDS,
    KEPT,
    NOISED_COUNTS,
    NOISED_PLACES,
    NOISED_SUMS,
    ROWS,
)
from shared.ranking_learning.noised_arrays import centroids_of


def part_of_noised_ranking(hospital: Hospital, question: Question, message: Message) -> FixedSum:
    """Return the sum of one step, and how far one patient can move it.

    Raises
    ------
    LostStepError
        As of `part_of_ranking`.
    JuntosError
        When the step is none of these, or names diseases that are no candidates.
    """
    header, groups = rank_header(message), groups_in(message)
    local = prepared(hospital, question, header, groups)
    if header.what == NOISED_COUNTS:
        cases = np.bincount(local.training.rows, minlength=len(local.diseases))
        return fixed_sum(cases.astype(np.float64), 1.0)
    if header.what == NOISED_SUMS:
        return fixed_sum(_sums(local, groups.get(KEPT, {})).ravel(), 1.0)
    if header.what == NOISED_PLACES:
        return fixed_sum(_places(local, groups.get(CENTROIDS, {})), math.sqrt(2))
    raise JuntosError(f"{header.what} in a run that promises a formal guarantee")


def _sums(local: LocalRanking, said: Arrays) -> np.ndarray:
    rows = said.get(ROWS)
    if rows is None or rows.ndim != 1 or rows.dtype.kind != "i" or len(rows) > MOST_KEPT:
        raise JuntosError("sums of diseases that are not named")
    if len(set(rows.tolist())) != len(rows) or not _are_candidates(local, rows):
        raise JuntosError("sums of other diseases than those of the run")
    knowledge = local.matcher.knowledge
    units = unit_cases(knowledge, local.training.table.observed)
    return summed_units(units, local.training.rows, rows.astype(np.int64))


def _places(local: LocalRanking, said: Arrays) -> np.ndarray:
    shape = (len(local.diseases), len(local.matcher.knowledge.findings.codes))
    centroids = centroids_of(said, shape)
    cases = local.held_out
    return counted_places(local.matcher, centroids, cases.table, cases.rows).astype(np.float64)


def _are_candidates(local: LocalRanking, rows: np.ndarray) -> bool:
    return bool(((rows >= 0) & (rows < len(local.diseases))).all())
