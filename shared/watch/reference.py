"""What windows are held against where a hospital says nothing of its own past."""

from __future__ import annotations

from dataclasses import dataclass

from shared.contract import Contract
from shared.statistics import Summary


@dataclass(frozen=True)
class WatchReference:
    """What windows are held against.

    Attributes
    ----------
    contract : Contract
        The federation's, which all answers follow.
    together : Summary or None
        What the model in service learned from, at all hospitals; of a run of sums, whose hospitals
        say nothing of their own past.
    deviation : float
        Standard deviation of the noise in each of its counts; 0 without any.
    """

    contract: Contract
    together: Summary | None = None
    deviation: float = 0.0
