"""Which of many tables have moved, without false alarms growing with their number."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from shared.drift.discoveries import discoveries
from shared.drift.stratified import Distances, distances_of
from shared.watch.settings import WatchSettings
from shared.watch.tables import Table

# For one p-value; many tests at a strict rate need small ones.
_LEAST_WINDOWS, _MOST_WINDOWS = 20_000, 200_000


@dataclass(frozen=True)
class Judged:
    """One table and what came of it.

    Attributes
    ----------
    hospital : str
    table : Table
    distances : Distances
    has_moved : bool
    """

    hospital: str
    table: Table
    distances: Distances
    has_moved: bool


def judge(
    tables: Sequence[tuple[str, Table]], settings: WatchSettings, rate: float, seed: int = 0
) -> list[Judged]:
    """Return what came of each table, with its hospital.

    Parameters
    ----------
    rate : float
        False discovery rate over all of them; where nothing has moved, the chance of any alarm.
    seed : int
        Of the simulated windows.
    """
    generator = np.random.default_rng(seed)
    most = min(max(math.ceil(2 * len(tables) / rate), _LEAST_WINDOWS), _MOST_WINDOWS)
    found = [
        distances_of(
            table.counts, settings.cut_off_level, most, generator, settings.simulated_windows
        )
        for _, table in tables
    ]
    moved = discoveries([each.p_value for each in found], rate)
    return [
        Judged(hospital, table, distances, bool(has_moved))
        for (hospital, table), distances, has_moved in zip(tables, found, moved, strict=True)
    ]


def clearest(judged: Sequence[Judged]) -> Judged:
    """Return the table that moved most surely, then farthest."""
    return min(
        judged,
        key=lambda each: (
            not each.has_moved,
            each.distances.p_value,
            -each.distances.jensen_shannon,
        ),
    )
