"""Two ways on the same held-out rows: how much more often one is right, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field
from scipy.stats import norm

from client.benefit.ways import WAYS, Way
from shared.contract import Contract
from shared.metrics.paired_tests import PairedTable, tango_interval
from shared.models.training_data import SMALLEST_PROBABILITY, Probabilities
from shared.records import Records
from shared.settings_file import StrictModel

LEVEL = 0.05
Verdict = Literal["better", "worse", "alike", "unknown"]
# A difference that would be called relevant, in shares; smaller intervals say that ways are alike.
RELEVANT = 0.05


class WayFigures(StrictModel):
    """How one way does.

    Attributes
    ----------
    accuracy, rare_recall, log_loss : float or None
        Right answers, those of rare classes, and the mean negative log probability of what a row's
        label stands for; None without a row.
    """

    accuracy: float | None
    rare_recall: float | None
    log_loss: float | None


class Compared(StrictModel):
    """One way against another, on one row of each person.

    Attributes
    ----------
    table : PairedTable
        ``challenger`` is `way`, ``champion`` is `against`.
    low, high : float or None
        95% interval of the difference in right answers (Tango 1998); None without rows.
    verdict : {"better", "worse", "alike", "unknown"}
        ``alike`` where the interval lies within `RELEVANT` of nothing; ``unknown`` where too few
        rows tell.
    visible : float or None
        The smallest difference that so many rows would have shown in four of five trials.
    """

    way: Way
    against: Way
    table: PairedTable
    low: float | None
    high: float | None
    verdict: Verdict
    visible: float | None


class Benefit(StrictModel):
    """What a hospital has from the federation.

    Attributes
    ----------
    rows, persons, rare_rows, training_rows : int
        Held-out rows, whose they are, those of rare classes; rows that were learned from.
    ways : dict of str to WayFigures
    overall, rare : list of Compared
        Over all persons, and over those with a rare class.
    """

    hospital: str
    model: str
    run: str
    rows: int = Field(ge=0)
    persons: int = Field(ge=0)
    rare_rows: int = Field(ge=0)
    training_rows: int = Field(ge=0)
    ways: dict[Way, WayFigures]
    overall: list[Compared]
    rare: list[Compared]


PAIRS: tuple[tuple[Way, Way], ...] = (
    ("federated", "own"),
    ("personalised", "own"),
    ("personalised", "federated"),
)


def figures_of(contract: Contract, records: Records, said: Probabilities) -> WayFigures:
    """Return how one way does on held-out rows."""
    candidates, right = meets(contract, records, said)
    rare = is_rare(contract, records)
    likely = np.maximum((said * candidates).sum(axis=1), SMALLEST_PROBABILITY)
    return WayFigures(
        accuracy=_mean(right),
        rare_recall=_mean(right[rare]),
        log_loss=_mean(-np.log(likely)),
    )


def compared_ways(
    contract: Contract, records: Records, said: Mapping[Way, Probabilities]
) -> tuple[list[Compared], list[Compared]]:
    """Compare the ways over all persons, and over those with a rare class."""
    first = first_rows(records)
    right = {way: meets(contract, records, said[way])[1][first] for way in WAYS}
    rare = is_rare(contract, records)[first]
    everyone = np.ones(len(first), dtype=np.bool_)
    overall, of_rare = (
        [compare(way, against, right[way][of], right[against][of]) for way, against in PAIRS]
        for of in (everyone, rare)
    )
    return overall, of_rare


def compare(
    way: Way, against: Way, right: npt.NDArray[np.bool_], other: npt.NDArray[np.bool_]
) -> Compared:
    """Compare two ways that were right, or not, on the same rows."""
    table = PairedTable(
        both=int((right & other).sum()),
        challenger_only=int((right & ~other).sum()),
        champion_only=int((~right & other).sum()),
        neither=int((~right & ~other).sum()),
    )
    return compared(way, against, table)


def compared(way: Way, against: Way, table: PairedTable) -> Compared:
    """Say what a table of two ways means."""
    if not table.rows:
        return Compared(
            way=way, against=against, table=table, low=None, high=None,
            verdict="unknown", visible=None,
        )  # fmt: skip
    low, high = tango_interval(table, LEVEL / 2)
    return Compared(
        way=way,
        against=against,
        table=table,
        low=low,
        high=high,
        verdict=verdict_of(low, high),
        visible=visible_difference(table),
    )


def verdict_of(low: float, high: float) -> Verdict:
    """Return what an interval of a difference says."""
    if low > 0:
        return "better"
    if high < 0:
        return "worse"
    return "alike" if max(-low, high) <= RELEVANT else "unknown"


def visible_difference(table: PairedTable) -> float:
    """Return the smallest difference that so many rows show in four of five trials.

    From the normal approximation of McNemar's test (Connor 1987, Biometrics 43, 207-211), with the
    share of rows that tell the ways apart as it was found, one row at least.
    """
    told = max(table.challenger_only + table.champion_only, 1) / table.rows
    needed = float(norm.isf(LEVEL / 2) + norm.isf(0.2))
    return float(min(1.0, needed * np.sqrt(told / table.rows)))


def meets(
    contract: Contract, records: Records, said: Probabilities
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Return the leaves each row's label stands for, and whether the first answer is one."""
    candidates = contract.membership(list(records.labels))
    places = np.arange(len(said))
    return candidates, candidates[places, said.argmax(axis=1)] if len(said) else places.astype(bool)


def is_rare(contract: Contract, records: Records) -> npt.NDArray[np.bool_]:
    """Return which rows are of a class that the contract calls rare, shape (rows,)."""
    rare = {code for code, each in contract.classes.items() if each.frequency == "rare"}
    return np.array([label in rare for label in records.labels], dtype=np.bool_)


def first_rows(records: Records) -> npt.NDArray[np.intp]:
    """Return one row of each person: rows of the same one would count twice."""
    return np.unique(records.persons(), return_index=True)[1]


def _mean(values: npt.NDArray[np.bool_] | npt.NDArray[np.float64]) -> float | None:
    return float(values.mean()) if len(values) else None
