"""How sure models are of rows they learned from, and of others, as one vector of counts."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from shared.attacks import MembershipCounts
from shared.attacks.membership import BINS
from shared.privacy.fixed_sums import FixedSum, counted

# Of log-odds, from one end of the attack's grid to the other.
COARSE_BINS = 70
_MERGED = BINS // COARSE_BINS


def size_of(models: int) -> int:
    """Return how many numbers the counts of so many models are."""
    return models * 2 * COARSE_BINS


def membership_vector(counts: Sequence[MembershipCounts]) -> FixedSum:
    """Write the counts of several models; a patient, learned from or not, is in one cell of each.

    Parameters
    ----------
    counts : sequence of MembershipCounts
    """
    values = [
        np.array(side).reshape(COARSE_BINS, _MERGED).sum(axis=1)
        for each in counts
        for side in (each.members, each.others)
    ]
    return counted(np.concatenate(values), math.sqrt(len(counts)))


def read_membership(values: npt.NDArray[np.float64], models: int) -> list[MembershipCounts]:
    """Read the counts of several models; what noise made negative is nothing."""
    whole = np.maximum(np.rint(values), 0).astype(int).reshape(models, 2, COARSE_BINS)
    fine = np.zeros((models, 2, BINS), dtype=int)
    fine[:, :, _MERGED // 2 :: _MERGED] = whole
    return [
        MembershipCounts(members=members.tolist(), others=others.tolist())
        for members, others in fine
    ]
