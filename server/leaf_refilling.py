"""Leaves of a forest filled with the rows of all hospitals."""

from __future__ import annotations

import numpy as np
from flwr.app import Message

from server.answer_checks import AnswerChecks
from server.recording_grid import RecordingGrid
from server.strategies.replies import answered_arrays
from shared.errors import JuntosError
from shared.models.base import Arrays
from shared.models.random_forest import CLASS_SHARES, refilled
from shared.models.tree_arrays import LEAF, LEFT
from shared.questions import (
    ARRAYS_KEY,
    LEAF_SUMS,
    REFILL,
    Question,
    array_record,
    questions_to,
)

LARGEST_SUM = 2**53


def refill_leaves(grid: RecordingGrid, question: Question, forest: Arrays) -> Arrays:
    """Ask every hospital what its rows say of each leaf, and fill the leaves with the sum."""
    grid.begin("random_forest", AnswerChecks(lambda reply: check_leaf_sums(forest, reply)), 1)
    arrays = {ARRAYS_KEY: array_record(forest)}
    asked = questions_to(list(grid.get_node_ids()), REFILL, question, arrays)
    replies = [reply for reply in grid.send_and_receive(asked) if not reply.has_error()]
    total = np.zeros(forest[CLASS_SHARES].shape, dtype=np.int64)
    for reply in replies:
        total += answered_arrays(reply)[LEAF_SUMS]
    return refilled(forest, total)


def check_leaf_sums(forest: Arrays, reply: Message) -> None:
    """Refuse what are no sums over the leaves.

    Raises
    ------
    JuntosError
        Naming what does not fit.
    """
    arrays = answered_arrays(reply)
    sums = arrays.get(LEAF_SUMS)
    if set(arrays) != {LEAF_SUMS} or sums is None or sums.dtype != np.int64:
        raise JuntosError("sums over leaves that are no whole numbers")
    if sums.shape != forest[CLASS_SHARES].shape or sums[forest[LEFT] != LEAF].any():
        raise JuntosError("sums over other leaves than those of the forest")
    if (sums < 0).any() or (sums > LARGEST_SUM).any():
        raise JuntosError("sums over leaves that no rows can have")
