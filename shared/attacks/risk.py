"""How well an attacker tells training rows from others, from counts of scores."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from pydantic import Field
from scipy.special import betaincinv

from shared.attacks.membership import MembershipCounts
from shared.settings_file import StrictModel

Counts = npt.NDArray[np.int64]

CONFIDENCE = 0.95
NORMAL_QUANTILE = 1.959963984540054
ONE_PERCENT, ONE_IN_A_THOUSAND = 0.01, 0.001


class Rate(StrictModel):
    """Training rows that are recognised, with few false alarms.

    Attributes
    ----------
    value : float
        Share of the training rows above the lowest threshold that lets through at most the stated
        share of the other rows. With too few other rows for that share, none may pass.
    low, high : float
        95% interval at that threshold (Clopper and Pearson 1934).
    """

    value: float = Field(ge=0, le=1)
    low: float = Field(ge=0, le=1)
    high: float = Field(ge=0, le=1)


class MembershipRisk(StrictModel):
    """Success of telling training rows from held-out rows.

    Attributes
    ----------
    members, others : int
        Rows of each kind.
    auc : float
        Chance that a training row is answered more surely than a held-out row; ties count half.
        0.5 is guessing.
    low, high : float
        95% interval (DeLong et al. 1988), within 0 and 1. It has no width where the two kinds
        never overlap.
    at_one_percent, at_one_in_a_thousand : Rate
        True-positive rate where 1% and 0.1% of the held-out rows are taken for training rows.
    """

    members: int
    others: int
    auc: float
    low: float
    high: float
    at_one_percent: Rate
    at_one_in_a_thousand: Rate


def membership_risk(counts: MembershipCounts) -> MembershipRisk | None:
    """Return the risk that merged counts show; None without two rows of each kind."""
    members, others = np.array(counts.members), np.array(counts.others)
    if members.sum() < 2 or others.sum() < 2:
        return None
    auc, deviation = area(members, others)
    return MembershipRisk(
        members=int(members.sum()),
        others=int(others.sum()),
        auc=auc,
        low=max(0.0, auc - NORMAL_QUANTILE * deviation),
        high=min(1.0, auc + NORMAL_QUANTILE * deviation),
        at_one_percent=recognised(members, others, ONE_PERCENT),
        at_one_in_a_thousand=recognised(members, others, ONE_IN_A_THOUSAND),
    )


def area(members: Counts, others: Counts) -> tuple[float, float]:
    """Return the area under the ROC curve and its standard error, by DeLong et al. 1988.

    Parameters
    ----------
    members, others : int array of shape (bins,)
        Ordered by score, at least two rows of each kind.
    """
    beaten = (np.cumsum(others) - others / 2) / others.sum()
    beating = 1 - (np.cumsum(members) - members / 2) / members.sum()
    auc = float(np.average(beaten, weights=members))
    variance = sum(
        float(np.average((placed - auc) ** 2, weights=rows)) / (rows.sum() - 1)
        for placed, rows in ((beaten, members), (beating, others))
    )
    return auc, float(np.sqrt(variance))


def recognised(members: Counts, others: Counts, allowed: float) -> Rate:
    """Return the true-positive rate at a false-positive rate of at most `allowed`."""
    passing = np.append(np.cumsum(others[::-1])[::-1], 0)
    found = np.append(np.cumsum(members[::-1])[::-1], 0)
    lowest = int(np.argmax(passing <= allowed * others.sum()))
    return rate(int(found[lowest]), int(members.sum()))


def rate(hits: int, rows: int) -> Rate:
    """Return a share of rows with its exact interval (Clopper and Pearson 1934)."""
    tail = (1 - CONFIDENCE) / 2
    low = float(betaincinv(hits, rows - hits + 1, tail)) if hits else 0.0
    high = float(betaincinv(hits + 1, rows - hits, 1 - tail)) if hits < rows else 1.0
    return Rate(value=hits / rows, low=low, high=high)
