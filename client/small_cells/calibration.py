"""Calibration and membership counts without cells of few rows."""

from __future__ import annotations

import numpy as np

from client.small_cells.cells import grouped, grouped_alone
from client.small_cells.evaluation import told_histograms
from shared.attacks import AttributeCounts, MembershipCounts
from shared.calibration import CalibrationCounts


def told_calibration(counts: CalibrationCounts, smallest: int) -> CalibrationCounts:
    """Return histograms in groups of at least the smallest cell; losses of as many rows."""
    exact = np.array([sum(each) for each in counts.score_of_class], dtype=np.int64)
    own = exact // smallest * smallest
    rows = int(own.sum())
    if len(own) == counts.classes:
        others = told_histograms(counts.score_of_others, rows - own, smallest)
    else:
        # One histogram for all classes: each row is in it once for every class but its own.
        several = smallest * (counts.classes - 1)
        pairs = np.array(counts.score_of_others[0], dtype=np.int64)
        others = grouped(pairs, rows // smallest, several)[None, :]
    leaves = grouped(np.array(counts.nonconformity_of_leaves), rows // smallest, smallest)
    coarse = grouped_alone(np.array(counts.nonconformity_of_coarse), smallest)
    share = (rows + int(coarse.sum())) / max(counts.rows, 1)
    return CalibrationCounts(
        classes=counts.classes,
        losses=[loss * share for loss in counts.losses],
        score_of_class=told_histograms(counts.score_of_class, own, smallest).tolist(),
        score_of_others=others.tolist(),
        nonconformity_of_leaves=leaves.tolist(),
        nonconformity_of_coarse=coarse.tolist(),
    )


def told_membership(counts: MembershipCounts, smallest: int) -> MembershipCounts:
    """Return both histograms in groups of at least the smallest cell."""
    return MembershipCounts(
        members=grouped_alone(np.array(counts.members), smallest).tolist(),
        others=grouped_alone(np.array(counts.others), smallest).tolist(),
    )


def told_guesses(counts: AttributeCounts, smallest: int) -> AttributeCounts:
    """Return right and wrong guesses in groups of at least the smallest cell."""
    member_hits, member_misses = _right_and_wrong(counts.member_hits, counts.members, smallest)
    other_hits, other_misses = _right_and_wrong(counts.other_hits, counts.others, smallest)
    return AttributeCounts(
        member_hits=member_hits,
        members=member_hits + member_misses,
        other_hits=other_hits,
        others=other_hits + other_misses,
    )


def _right_and_wrong(hits: int, rows: int, smallest: int) -> tuple[int, int]:
    right, wrong = grouped_alone(np.array([hits, rows - hits]), smallest).tolist()
    return right, wrong
